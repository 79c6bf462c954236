/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_reader.h"

#include "packet_sink_napi.h"

#include <cstring>
#include <string>

namespace countfree {

namespace {

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
        return Napi::String::New(env, "more");
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

/* feed(chunk, start, sink) -> bytes taken; the outcome is read from status(). */
Napi::Value CaptureReader::feed(const Napi::CallbackInfo &info) {
    auto chunk = info[0].As<Napi::Uint8Array>();
    size_t start = positive(info[1]);
    auto sink = UnwrapPacketSink(info[2]);
    if (sink == nullptr)
        throw Napi::TypeError::New(info.Env(), "the third argument is no packet sink");
    if (start > chunk.ByteLength())
        throw Napi::RangeError::New(info.Env(), "the start lies behind the chunk");
    size_t taken = parser_.feed(chunk.Data() + start, chunk.ByteLength() - start, *sink);
    return Napi::Number::New(info.Env(), static_cast<double>(taken));
}

Napi::Value CaptureReader::finish(const Napi::CallbackInfo &info) {
    parser_.finish();
    return info.Env().Undefined();
}

Napi::Value CaptureReader::nextWindow(const Napi::CallbackInfo &info) {
    parser_.nextWindow();
    return info.Env().Undefined();
}

Napi::Value CaptureReader::status(const Napi::CallbackInfo &info) {
    Napi::Env env = info.Env();
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
