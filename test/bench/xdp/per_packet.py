# SPDX-License-Identifier: Apache-2.0
"""
What the live benchmark is compared with: a BCC program in Python that hears of each packet by a perf event and
counts octets per subscriber. Inside the network namespace of INTERFACE:

    per_packet.py INTERFACE ADDRESS_OFFSET

Prints a line once it is attached, counts until its input ends, and prints {"events", "lost", "processor"}:
events counted, events that the kernel had no room for, seconds of processor time since it was attached. BCC
needs the kernel's headers; BCC_KERNEL_SOURCE names a folder of others than /lib/modules/$(uname -r)/build.
"""
import ctypes
import json
import os
import select
import sys

from bcc import BPF

DRIVER_MODE = 1 << 2
PAGES = 1024  # of each CPU's buffer: 4 MB
TEXT = """
#include <uapi/linux/bpf.h>

struct event {
    u32 subscriber;
    u32 octets;
};
BPF_PERF_OUTPUT(events);

int each_packet(struct xdp_md *ctx) {
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    u32 *subscriber = data + ADDRESS_OFFSET;
    struct event event = {};

    if ((void *)(subscriber + 1) > end)
        return XDP_PASS;
    event.subscriber = *subscriber;
    event.octets = end - data;
    events.perf_submit(ctx, &event, sizeof(event));
    return XDP_DROP;
}
"""


class Event(ctypes.Structure):
    _fields_ = [("subscriber", ctypes.c_uint32), ("octets", ctypes.c_uint32)]


def processor():
    times = os.times()
    return times.user + times.system


def main(interface, address_offset):
    octets, events, lost = {}, 0, 0

    def count(_cpu, data, _size):
        nonlocal events
        event = ctypes.cast(data, ctypes.POINTER(Event)).contents
        octets[event.subscriber] = octets.get(event.subscriber, 0) + event.octets
        events += 1

    def miss(_cpu, count_of_lost):
        nonlocal lost
        lost += count_of_lost

    bpf = BPF(text=TEXT.replace("ADDRESS_OFFSET", str(int(address_offset))))
    bpf["events"].open_perf_buffer(count, page_cnt=PAGES, lost_cb=miss)
    bpf.attach_xdp(interface, bpf.load_func("each_packet", BPF.XDP), DRIVER_MODE)
    try:
        print("attached", flush=True)
        before = processor()
        while not select.select([sys.stdin], [], [], 0)[0]:
            bpf.perf_buffer_poll(timeout=100)
        seen = -1
        while seen != events + lost:  # what still waits
            seen = events + lost
            bpf.perf_buffer_poll(timeout=100)
        print(json.dumps({"events": events, "lost": lost, "processor": processor() - before}), flush=True)
    finally:
        bpf.remove_xdp(interface, DRIVER_MODE)


main(*sys.argv[1:])
