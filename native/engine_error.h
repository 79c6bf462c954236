/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_ENGINE_ERROR_H
#define COUNTFREE_ENGINE_ERROR_H

#include <stdexcept>
#include <string>

namespace countfree {

/* A failure with its errno; the message says what failed, why, and what to do. */
class EngineError : public std::runtime_error {
  public:
    EngineError(int number, const std::string &message)
        : std::runtime_error(message), number(number < 0 ? -number : number) {}
    const int number;
};

} // namespace countfree

#endif
