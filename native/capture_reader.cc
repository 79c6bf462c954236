/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_reader.h"

#include <chrono>
#include <cstring>
#include <mutex>
#include <string>

#include "capture_input_node.h"
#include "packet_sink_napi.h"
#include "pool_work.h"

namespace countfree {

namespace {

/* Longer than this no call reads on without telling how far it is. */
constexpr std::chrono::milliseconds kLongest{100};

uint64_t positive(const Napi::Value &value) {
    return static_cast<uint64_t>(value.As<Napi::Number>().Int64Value());
}

const char *faultName(CaptureFaultKind kind) {
    switch (kind) {
    case CaptureFaultKind::kNone:
        return "none";
    case CaptureFaultKind::kForeign:
        return "foreign";
    case CaptureFaultKind::kTruncated:
        return "truncated";
    case CaptureFaultKind::kCorrupt:
        return "corrupt";
    case CaptureFaultKind::kLinkType:
        return "link_type";
    }
    return "none";
}

} // namespace

void CaptureReader::Init(Napi::Env env, Napi::Object exports) {
    exports.Set("CaptureReader", DefineClass(env, "CaptureReader",
                                             {
                                                 InstanceMethod<&CaptureReader::feed>("feed"),
                                                 InstanceMethod<&CaptureReader::read>("read"),
                                                 InstanceMethod<&CaptureReader::finish>("finish"),
                                                 InstanceMethod<&CaptureReader::nextWindow>("nextWindow"),
                                                 InstanceMethod<&CaptureReader::status>("status"),
                                             }));
}

CaptureReader::CaptureReader(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<CaptureReader>(info), parser_(positive(info[0]) * 1000000ull, positive(info[1])) {}

Napi::Value CaptureReader::statusCode(Napi::Env env) {
    switch (parser_.status()) {
    case CaptureStatus::kMore:
        return Napi::String::New(env, ended_ ? "end" : "more");
    case CaptureStatus::kWindow:
        return Napi::String::New(env, "window");
    case CaptureStatus::kFault:
        return Napi::String::New(env, "fault");
    case CaptureStatus::kSink:
        break;
    }
    switch (parser_.sinkResult()) {
    case PACKET_HELLOS_FULL:
        return Napi::String::New(env, "hellos_full");
    case PACKET_TABLE_FULL:
        return Napi::String::New(env, "table_full");
    default:
        throw Napi::Error::New(env, std::string("the engine refused a packet: ") +
                                        std::strerror(-parser_.sinkResult()));
    }
}

void CaptureReader::requireIdle(Napi::Env env) const {
    if (busy_)
        throw toError(env, EngineError(EBUSY, "still at work: wait for the promise given before"));
}

/* feed(chunk, start, sink) -> bytes taken; the outcome is read from status(). */
Napi::Value CaptureReader::feed(const Napi::CallbackInfo &info) {
    requireIdle(info.Env());
    auto chunk = info[0].As<Napi::Uint8Array>();
    size_t start = positive(info[1]);
    auto sink = UnwrapPacketSink(info[2]);
    if (sink == nullptr)
        throw Napi::TypeError::New(info.Env(), "the third argument is no packet sink");
    if (start > chunk.ByteLength())
        throw Napi::RangeError::New(info.Env(), "the start lies behind the chunk");
    const std::lock_guard<std::mutex> lock(sink->mutex);
    size_t taken = parser_.feed(chunk.Data() + start, chunk.ByteLength() - start, *sink);
    return Napi::Number::New(info.Env(), static_cast<double>(taken));
}

/* read(input, sink) -> promise of the state, once there is something to do or to tell. */
Napi::Value CaptureReader::read(const Napi::CallbackInfo &info) {
    auto *input = CaptureInputNode::of(info[0]);
    if (input == nullptr)
        throw Napi::TypeError::New(info.Env(), "the first argument is no capture input");
    auto sink = UnwrapPacketSink(info[1]);
    if (sink == nullptr)
        throw Napi::TypeError::New(info.Env(), "the second argument is no packet sink");
    if (input_.IsEmpty())
        input_ = Napi::Persistent(info[0].As<Napi::Object>());
    else if (!input_.Value().StrictEquals(info[0]))
        throw Napi::TypeError::New(info.Env(), "a reader reads one input");
    return inPool(
        info.Env(), {{info.This().As<Napi::Object>(), &busy_}, {info[0].As<Napi::Object>(), &input->busy}},
        [this, input, sink] { run(input->input, *sink); }, [this](Napi::Env env) { return statusCode(env); });
}

/* The sink is free between chunks, so that others may ask it how it does. */
void CaptureReader::run(CaptureInput &input, PacketSink &sink) {
    const auto end = std::chrono::steady_clock::now() + kLongest;
    for (;;) {
        {
            /* First what was left, also where that is nothing: the parser may hold a whole record itself. */
            const std::lock_guard<std::mutex> lock(sink.mutex);
            const size_t taken = parser_.feed(chunk_.data, chunk_.length, sink);
            chunk_ = {chunk_.data + taken, chunk_.length - taken};
        }
        if (parser_.status() != CaptureStatus::kMore || std::chrono::steady_clock::now() >= end)
            return;
        chunk_ = input.next();
        if (chunk_.length > 0)
            continue;
        ended_ = true;
        return;
    }
}

Napi::Value CaptureReader::finish(const Napi::CallbackInfo &info) {
    requireIdle(info.Env());
    parser_.finish();
    return info.Env().Undefined();
}

Napi::Value CaptureReader::nextWindow(const Napi::CallbackInfo &info) {
    requireIdle(info.Env());
    parser_.nextWindow();
    return info.Env().Undefined();
}

Napi::Value CaptureReader::status(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
    requireIdle(env);
    const CaptureTotals &totals = parser_.totals();
    auto object = Napi::Object::New(env);
    object.Set("state", statusCode(env));
    object.Set("format", parser_.format());
    object.Set("position", static_cast<double>(parser_.position()));
    object.Set("packets", static_cast<double>(totals.packets));
    object.Set("wireBytes", static_cast<double>(totals.wire_bytes));
    object.Set("clampedTimes", static_cast<double>(totals.clamped_times));
    object.Set("clampedLengths", static_cast<double>(totals.clamped_lengths));
    object.Set("skippedBlocks", static_cast<double>(totals.skipped_blocks));
    if (parser_.status() == CaptureStatus::kFault) {
        auto fault = Napi::Object::New(env);
        fault.Set("kind", faultName(parser_.fault().kind));
        fault.Set("offset", static_cast<double>(parser_.fault().offset));
        fault.Set("message", parser_.fault().message);
        object.Set("fault", fault);
    }
    return object;
}

} // namespace countfree
