/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_CAPTURE_READER_H
#define COUNTFREE_CAPTURE_READER_H

#include <napi.h>

#include "capture_input.h"
#include "capture_parser.h"

namespace countfree {

/* CaptureParser for JavaScript; typed and documented in src/capture/capture-reader.ts, which validates
 * arguments. */
class CaptureReader : public Napi::ObjectWrap<CaptureReader> {
  public:
    static void Init(Napi::Env env, Napi::Object exports);
    explicit CaptureReader(const Napi::CallbackInfo &info);

  private:
    Napi::Value feed(const Napi::CallbackInfo &info);
    Napi::Value read(const Napi::CallbackInfo &info);
    Napi::Value finish(const Napi::CallbackInfo &info);
    Napi::Value nextWindow(const Napi::CallbackInfo &info);
    Napi::Value status(const Napi::CallbackInfo &info);
    Napi::Value statusCode(Napi::Env env);
    void requireIdle(Napi::Env env) const;
    void run(CaptureInput &input, PacketSink &sink);

    CaptureParser parser_;
    Napi::ObjectReference input_; /* what is read; chunk_ lies in it */
    CaptureInput::Chunk chunk_;   /* of the input, not parsed yet */
    bool ended_ = false;          /* the input has no more */
    bool busy_ = false;
};

} // namespace countfree

#endif
