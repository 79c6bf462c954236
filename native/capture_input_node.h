/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_CAPTURE_INPUT_NODE_H
#define COUNTFREE_CAPTURE_INPUT_NODE_H

#include <napi.h>

#include "capture_input.h"

namespace countfree {

/* CaptureInput for JavaScript; typed and documented in src/capture/capture-input.ts. */
class CaptureInputNode : public Napi::ObjectWrap<CaptureInputNode> {
  public:
    static void Init(Napi::Env env, Napi::Object exports);
    explicit CaptureInputNode(const Napi::CallbackInfo &info);
    /* The input behind a value of JavaScript, or nullptr if it is something else. */
    static CaptureInputNode *of(const Napi::Value &value);

    CaptureInput input;
    bool busy = false;

  private:
    Napi::Value next(const Napi::CallbackInfo &info);
    Napi::Value octetsRead(const Napi::CallbackInfo &info);
};

} // namespace countfree

#endif
