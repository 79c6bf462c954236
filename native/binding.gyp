{
  "targets": [
    {
      "target_name": "countfree",
      "sources": [
        "addon.cc",
        "bpf_program.cc",
        "capture_format.cc",
        "capture_input.cc",
        "capture_input_node.cc",
        "capture_link.cc",
        "capture_parser.cc",
        "capture_pcapng.cc",
        "capture_reader.cc",
        "engine.cc",
        "engine_node.cc",
        "grace_period.cc",
        "network_namespace.cc",
        "packet_sender.cc",
        "packet_socket.cc",
        "packet_socket_node.cc",
        "receive_offloads.cc",
        "receive_offloads_node.cc",
        "ring.cc",
        "user_engine.cc",
        "user_engine_node.cc",
        "xdp_attachment.cc",
        "xdp_engine.cc",
        "xdp_engine_node.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS"],
      "cflags": ["-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "libraries": ["-lbpf", "-lelf", "-lz"]
    }
  ]
}
