/* SPDX-License-Identifier: Apache-2.0 */
#include "network_namespace.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace countfree {

namespace {

class NamespaceVisit {
  public:
    /* Returns what went wrong, or an empty string. */
    std::string enter(const std::string &path) {
        home_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (home_ < 0)
            return failure("opening this thread's network namespace");
        int target = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (target < 0)
            return failure("opening " + path);
        std::string problem;
        if (setns(target, CLONE_NEWNET) != 0)
            problem =
                failure(errno == EPERM ? "entering a network namespace needs root or CAP_SYS_ADMIN: " + path
                                       : "entering " + path);
        else
            away_ = true;
        ::close(target);
        return problem;
    }
    ~NamespaceVisit() {
        if (away_ && setns(home_, CLONE_NEWNET) != 0) {
            /* Going on in the wrong namespace would attach and listen in the wrong place. */
            std::fprintf(stderr, "countfree: cannot return to the network namespace: %s\n",
                         std::strerror(errno));
            std::abort();
        }
        if (home_ >= 0)
            ::close(home_);
    }

  private:
    static std::string failure(const std::string &step) { return step + ": " + std::strerror(errno); }
    int home_ = -1;
    bool away_ = false;
};

Napi::Value insideNetworkNamespace(const Napi::CallbackInfo &info) {
    auto work = info[1].As<Napi::Function>();
    NamespaceVisit visit;
    std::string problem = visit.enter(info[0].As<Napi::String>().Utf8Value());
    if (!problem.empty())
        throw Napi::Error::New(info.Env(), problem);
    return work.Call({});
}

} // namespace

void InitNetworkNamespace(Napi::Env env, Napi::Object exports) {
    exports.Set("insideNetworkNamespace",
                Napi::Function::New<insideNetworkNamespace>(env, "insideNetworkNamespace"));
}

} // namespace countfree
