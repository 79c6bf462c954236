/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_PACKET_SENDER_H
#define COUNTFREE_PACKET_SENDER_H

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>

namespace countfree {

struct SentFrames {
    uint64_t frames = 0;
    uint64_t octets = 0; /* of whole frames, link header included */
};

/* A packet socket bound to one interface: what goes in comes out on the wire as it is. Without N-API,
 * thread-safe close. */
class FrameSocket {
  public:
    /* Throws std::system_error with the name of the step that failed. */
    explicit FrameSocket(const std::string &interfaceName);
    ~FrameSocket();
    FrameSocket(const FrameSocket &) = delete;
    FrameSocket &operator=(const FrameSocket &) = delete;

    /*
     * Sends frames packed as u32 length (host order) + bytes. framesPerSecond 0 = as fast as the interface
     * takes them. Blocks. `sent` is exact also when it throws.
     */
    void send(const uint8_t *packed, size_t length, double framesPerSecond, SentFrames &sent);

  private:
    void waitForRoom();
    int descriptor_ = -1;
};

/* FrameSocket for JavaScript; typed and documented in src/capture/packet-sender.ts. */
class PacketSender : public Napi::ObjectWrap<PacketSender> {
  public:
    static void Init(Napi::Env env, Napi::Object exports);
    explicit PacketSender(const Napi::CallbackInfo &info);

  private:
    Napi::Value send(const Napi::CallbackInfo &info);
    Napi::Value close(const Napi::CallbackInfo &info);

    std::shared_ptr<FrameSocket> socket_; /* a send under way keeps it open */
};

} // namespace countfree

#endif
