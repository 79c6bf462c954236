/* SPDX-License-Identifier: Apache-2.0 */
#include "packet_sender.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace countfree {

namespace {

constexpr size_t kBatch = 64;
constexpr int kSendBufferBytes = 4 << 20;
constexpr int kRoomTimeoutMs = 5000;

[[noreturn]] void raise(int error, const std::string &step) {
    throw std::system_error(error, std::generic_category(), step);
}

/* The next frames of a packed buffer, at most one sendmmsg batch. */
struct Batch {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> parts{};
    unsigned count = 0;
};

size_t fillBatch(const uint8_t *packed, size_t length, size_t offset, size_t limit, Batch &batch) {
    batch.count = 0;
    while (offset < length && batch.count < limit) {
        uint32_t octets;
        if (length - offset < sizeof octets)
            raise(EINVAL, "the frame buffer ends within a length");
        std::memcpy(&octets, packed + offset, sizeof octets);
        if (octets > length - offset - sizeof octets)
            raise(EINVAL, "the frame buffer ends within a frame");
        iovec &part = batch.parts[batch.count];
        part = {const_cast<uint8_t *>(packed + offset + sizeof octets), octets};
        mmsghdr &message = batch.messages[batch.count];
        message = {};
        message.msg_hdr.msg_iov = &part;
        message.msg_hdr.msg_iovlen = 1;
        batch.count += 1;
        offset += sizeof octets + octets;
    }
    return offset;
}

} // namespace

FrameSocket::FrameSocket(const std::string &interfaceName) {
    unsigned index = if_nametoindex(interfaceName.c_str());
    if (index == 0)
        raise(ENODEV, "no interface is named " + interfaceName);
    descriptor_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0)
        raise(errno, errno == EPERM ? "opening a packet socket needs root or CAP_NET_RAW"
                                    : "opening a packet socket failed");
    /* More than the default lets the kernel work while we fill the next batch; refused above wmem_max, which
     * does no harm. */
    if (setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes, sizeof kSendBufferBytes) != 0)
        setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(index);
    if (bind(descriptor_, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) {
        int error = errno;
        ::close(descriptor_);
        descriptor_ = -1;
        raise(error, "binding the packet socket to " + interfaceName + " failed");
    }
}

FrameSocket::~FrameSocket() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

void FrameSocket::waitForRoom() {
    pollfd wait{descriptor_, POLLOUT, 0};
    if (poll(&wait, 1, kRoomTimeoutMs) == 0)
        raise(ETIMEDOUT, "the interface took no frame for 5 s");
    /* ENOBUFS of a full transmit queue leaves the socket writable: give the queue a moment. */
    std::this_thread::sleep_for(std::chrono::microseconds(50));
}

void FrameSocket::send(const uint8_t *packed, size_t length, double framesPerSecond, SentFrames &sent) {
    Batch batch;
    size_t offset = 0;
    auto begin = std::chrono::steady_clock::now();
    uint64_t paced = 0;
    /* At least a hundred waits a second, so that slow rates are smooth and fast ones cheap. */
    size_t limit = framesPerSecond > 0
                       ? std::clamp<size_t>(static_cast<size_t>(framesPerSecond / 100), 1, kBatch)
                       : kBatch;
    while (offset < length) {
        size_t next = fillBatch(packed, length, offset, limit, batch);
        for (unsigned done = 0; done < batch.count;) {
            int count = sendmmsg(descriptor_, batch.messages.data() + done, batch.count - done, 0);
            if (count < 0) {
                if (errno == EINTR)
                    continue;
                if (errno != ENOBUFS && errno != EAGAIN)
                    raise(errno, errno == EMSGSIZE   ? "a frame is longer than the interface's MTU"
                                 : errno == ENETDOWN ? "the interface is down (ip link set up)"
                                                     : "sending a frame failed");
                waitForRoom();
                continue;
            }
            for (int i = 0; i < count; i += 1)
                sent.octets += batch.parts[done + static_cast<unsigned>(i)].iov_len;
            sent.frames += static_cast<uint64_t>(count);
            done += static_cast<unsigned>(count);
        }
        offset = next;
        paced += batch.count;
        if (framesPerSecond > 0)
            std::this_thread::sleep_until(
                begin + std::chrono::duration<double>(static_cast<double>(paced) / framesPerSecond));
    }
}

namespace {

class SendWorker : public Napi::AsyncWorker {
  public:
    SendWorker(Napi::Env env, std::shared_ptr<FrameSocket> socket, Napi::Uint8Array packed,
               double framesPerSecond)
        : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), socket_(std::move(socket)),
          packed_(Napi::Persistent(packed)), data_(packed.Data()), length_(packed.ByteLength()),
          framesPerSecond_(framesPerSecond) {}

    Napi::Promise promise() { return deferred_.Promise(); }

    void Execute() override {
        try {
            socket_->send(data_, length_, framesPerSecond_, sent_);
        } catch (const std::exception &error) {
            SetError(error.what());
        }
    }
    void OnOK() override {
        auto result = Napi::Object::New(Env());
        fill(result);
        deferred_.Resolve(result);
    }
    void OnError(const Napi::Error &error) override {
        fill(error.Value());
        deferred_.Reject(error.Value());
    }

  private:
    void fill(Napi::Object object) {
        object.Set("frames", static_cast<double>(sent_.frames));
        object.Set("octets", static_cast<double>(sent_.octets));
    }

    Napi::Promise::Deferred deferred_;
    std::shared_ptr<FrameSocket> socket_;
    Napi::Reference<Napi::Uint8Array> packed_;
    const uint8_t *data_;
    size_t length_;
    double framesPerSecond_;
    SentFrames sent_;
};

} // namespace

void PacketSender::Init(Napi::Env env, Napi::Object exports) {
    exports.Set("PacketSender", DefineClass(env, "PacketSender",
                                            {
                                                InstanceMethod<&PacketSender::send>("send"),
                                                InstanceMethod<&PacketSender::close>("close"),
                                            }));
}

PacketSender::PacketSender(const Napi::CallbackInfo &info) : Napi::ObjectWrap<PacketSender>(info) {
    try {
        socket_ = std::make_shared<FrameSocket>(info[0].As<Napi::String>().Utf8Value());
    } catch (const std::system_error &error) {
        throw Napi::Error::New(info.Env(), error.what());
    }
}

Napi::Value PacketSender::send(const Napi::CallbackInfo &info) {
    if (socket_ == nullptr)
        throw Napi::Error::New(info.Env(), "the packet sender is closed");
    auto *worker = new SendWorker(info.Env(), socket_, info[0].As<Napi::Uint8Array>(),
                                  info[1].As<Napi::Number>().DoubleValue());
    Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
}

Napi::Value PacketSender::close(const Napi::CallbackInfo &info) {
    socket_.reset();
    return info.Env().Undefined();
}

} // namespace countfree
