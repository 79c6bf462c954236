/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs XDP programs on one frame, for the benchmark (test/bench/xdp.ts). Inside the network namespace of the
 * interfaces:
 *
 *   xdp_bench cost OBJECT LINK_PIN INTERFACE FRAME_HEX ADDRESS_OFFSET PORT_OFFSET FLOWS REPEAT ROUNDS
 *     for each round prints the ns that a run took of: empty, count_hash, the program of LINK_PIN
 *   xdp_bench live OBJECT INTERFACE FRAME_HEX ADDRESS_OFFSET PORT_OFFSET FLOWS PACKETS SKEWED
 *     sends PACKETS frames out of INTERFACE from within the kernel and prints the ns that it took; SKEWED (0
 * or 1): a few flows have most of them xdp_bench attach OBJECT PROGRAM INTERFACE attaches empty or count_hash
 * natively
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#define LONGEST_FRAME 2048
#define BATCH 64

static void fail(const char *what) {
    fprintf(stderr, "xdp_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct bpf_object *loadObject(const char *path) {
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    if (!object || bpf_object__load(object))
        fail(path);
    return object;
}

static int programOf(struct bpf_object *object, const char *name) {
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);
    if (!program)
        fail(name);
    return bpf_program__fd(program);
}

/* The program behind a pinned link. */
static int programOfLink(const char *pin) {
    struct bpf_link_info info = {};
    __u32 length = sizeof(info);
    int link = bpf_obj_get(pin), program;
    if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &length))
        fail(pin);
    program = bpf_prog_get_fd_by_id(info.prog_id);
    if (program < 0)
        fail("the program of the link");
    return program;
}

static size_t readFrame(const char *hex, unsigned char *frame) {
    size_t length = strlen(hex) / 2;
    if (length > LONGEST_FRAME)
        length = LONGEST_FRAME;
    for (size_t i = 0; i < length; i++) {
        unsigned int octet;
        if (sscanf(hex + 2 * i, "%2x", &octet) != 1)
            fail("the frame is no hex");
        frame[i] = (unsigned char)octet;
    }
    return length;
}

/* As in bench.bpf.c. */
struct settings {
    __u32 flows, address_offset, port_offset, send_to, skewed;
};

static void configure(struct bpf_object *object, struct settings settings) {
    const int map = bpf_object__find_map_fd_by_name(object, ".data.settings");
    const __u32 key = 0;
    if (map < 0 || bpf_map_update_elem(map, &key, &settings, BPF_ANY))
        fail("settings");
}

static __u64 now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static __u32 runOnce(int program, unsigned char *frame, size_t length, int repeat) {
    unsigned char out[LONGEST_FRAME + 256];
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length, .data_out = out,
                .data_size_out = sizeof(out), .repeat = repeat);
    if (bpf_prog_test_run_opts(program, &options))
        fail("BPF_PROG_TEST_RUN");
    return options.duration;
}

static int cost(char **arguments) {
    struct bpf_object *object = loadObject(arguments[0]);
    const int measured = programOfLink(arguments[1]);
    const int interface = if_nametoindex(arguments[2]);
    unsigned char frame[LONGEST_FRAME];
    const size_t length = readFrame(arguments[3], frame);
    const int repeat = atoi(arguments[7]), rounds = atoi(arguments[8]);
    const int vary = programOf(object, "vary"), next = bpf_object__find_map_fd_by_name(object, "next");
    const int programs[] = {programOf(object, "empty"), programOf(object, "count_hash"), measured};
    __u32 key = 0;
    configure(object, (struct settings){atoi(arguments[6]), atoi(arguments[4]), atoi(arguments[5]), 0, 0});
    /* Attached somewhere: else each test run patches the dispatcher, which takes 20 ms. */
    if (bpf_xdp_attach(interface, vary, XDP_FLAGS_DRV_MODE, NULL))
        fail("attach");
    for (int round = -1; round < rounds; round++) {
        __u32 ns[3];
        for (int i = 0; i < 3; i++) {
            if (bpf_map_update_elem(next, &key, &programs[i], BPF_ANY))
                fail("tail call");
            ns[i] = runOnce(vary, frame, length, repeat);
        }
        if (round >= 0) /* the first fills tables and caches */
            printf("[%u,%u,%u]\n", ns[0], ns[1], ns[2]);
    }
    bpf_xdp_detach(interface, XDP_FLAGS_DRV_MODE, NULL);
    return 0;
}

static int live(char **arguments) {
    struct bpf_object *object = loadObject(arguments[0]);
    unsigned char frame[LONGEST_FRAME];
    const size_t length = readFrame(arguments[2], frame);
    struct xdp_md context = {.data_end = length};
    const __u32 interface = if_nametoindex(arguments[1]);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length, .ctx_in = &context,
                .ctx_size_in = sizeof(context), .repeat = atoi(arguments[6]),
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
    __u64 started;
    configure(object, (struct settings){atoi(arguments[5]), atoi(arguments[3]), atoi(arguments[4]), interface,
                                        atoi(arguments[7])});
    started = now();
    if (bpf_prog_test_run_opts(programOf(object, "generate"), &options))
        fail("live frames");
    printf("%llu\n", (unsigned long long)(now() - started));
    return 0;
}

static int attach(char **arguments) {
    struct bpf_object *object = loadObject(arguments[0]);
    const int interface = if_nametoindex(arguments[2]);
    if (bpf_xdp_attach(interface, programOf(object, arguments[1]), XDP_FLAGS_DRV_MODE, NULL))
        fail("attach");
    return 0;
}

int main(int count, char **arguments) {
    if (count == 11 && strcmp(arguments[1], "cost") == 0)
        return cost(arguments + 2);
    if (count == 10 && strcmp(arguments[1], "live") == 0)
        return live(arguments + 2);
    if (count == 5 && strcmp(arguments[1], "attach") == 0)
        return attach(arguments + 2);
    fprintf(stderr, "xdp_bench: see the comment at the top of test/bench/xdp/xdp_bench.c\n");
    return 2;
}
