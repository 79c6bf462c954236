/* SPDX-License-Identifier: Apache-2.0 */
/* Work in a thread of libuv's pool whose outcome settles a promise. */
#ifndef COUNTFREE_POOL_WORK_H
#define COUNTFREE_POOL_WORK_H

#include <napi.h>

#include <new>
#include <string>
#include <utility>
#include <vector>

#include "engine_node.h"

namespace countfree {

/* What may not be used, and may not go, while work is under way. */
struct Busy {
    Napi::Object object;
    bool *flag;
};

/* `Work` runs in the pool and may throw EngineError. `Done` then runs in JavaScript's thread: what it gives
 * resolves the promise, what it throws rejects it. */
template <typename Work, typename Done> class PoolWork : public Napi::AsyncWorker {
  public:
    static Napi::Value begin(Napi::Env env, const std::vector<Busy> &busy, Work work, Done done) {
        for (const Busy &one : busy)
            if (*one.flag)
                throw toError(env, EngineError(EBUSY, "still at work: wait for the promise given before"));
        auto *self = new PoolWork(env, std::move(work), std::move(done));
        for (const Busy &one : busy) {
            *one.flag = true;
            self->flags_.push_back(one.flag);
            self->held_.push_back(Napi::Persistent(one.object));
        }
        const Napi::Value promise = self->deferred_.Promise();
        self->Queue();
        return promise;
    }

    void Execute() override {
        try {
            work_();
        } catch (const EngineError &error) {
            number_ = error.number;
            SetError(error.what());
        } catch (const std::bad_alloc &) {
            number_ = ENOMEM;
            SetError("out of memory");
        }
    }

    void OnOK() override {
        release();
        try {
            deferred_.Resolve(done_(Env()));
        } catch (const Napi::Error &error) {
            deferred_.Reject(error.Value());
        }
    }

    void OnError(const Napi::Error &error) override {
        release();
        deferred_.Reject(toError(Env(), EngineError(number_, error.Message())).Value());
    }

  private:
    PoolWork(Napi::Env env, Work work, Done done)
        : AsyncWorker(env), deferred_(env), work_(std::move(work)), done_(std::move(done)) {}

    void release() {
        for (bool *flag : flags_)
            *flag = false;
    }

    Napi::Promise::Deferred deferred_;
    Work work_;
    Done done_;
    int number_ = 0;
    std::vector<bool *> flags_;
    std::vector<Napi::ObjectReference> held_;
};

template <typename Work, typename Done>
Napi::Value inPool(Napi::Env env, const std::vector<Busy> &busy, Work work, Done done) {
    return PoolWork<Work, Done>::begin(env, busy, std::move(work), std::move(done));
}

} // namespace countfree

#endif
