/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "engine_error.h"

namespace countfree {

namespace {

constexpr uint32_t kBusy = 1u << 31;
constexpr uint32_t kDiscard = 1u << 30;
constexpr uint32_t kHeader = 8;

uint64_t rounded(uint32_t length) {
    return (static_cast<uint64_t>(length) + kHeader + 7) & ~7ull;
}

uint64_t load(const uint8_t *place) {
    return __atomic_load_n(reinterpret_cast<const unsigned long *>(place), __ATOMIC_ACQUIRE);
}

void store(uint8_t *place, uint64_t value) {
    __atomic_store_n(reinterpret_cast<unsigned long *>(place), value, __ATOMIC_RELEASE);
}

size_t pageSize() {
    return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

Mapping::Mapping(int descriptor, size_t length, int protection, size_t offset, const char *what)
    : length_(length) {
    void *place = mmap(nullptr, length, protection, MAP_SHARED, descriptor, static_cast<off_t>(offset));
    if (place == MAP_FAILED)
        throw EngineError(errno, std::string("cannot map ") + what + ": " + std::strerror(errno));
    data_ = static_cast<uint8_t *>(place);
}

Mapping::~Mapping() {
    if (data_ != nullptr)
        munmap(data_, length_);
}

Mapping::Mapping(Mapping &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), length_(std::exchange(other.length_, 0)) {}

Mapping &Mapping::operator=(Mapping &&other) noexcept {
    std::swap(data_, other.data_);
    std::swap(length_, other.length_);
    return *this;
}

RingReader RingReader::ofMap(int descriptor, size_t octets, const char *what) {
    RingReader ring;
    ring.consumer_ = Mapping(descriptor, pageSize(), PROT_READ | PROT_WRITE, 0, what);
    ring.producer_ = Mapping(descriptor, pageSize() + 2 * octets, PROT_READ, pageSize(), what);
    ring.data_ = ring.producer_.data() + pageSize();
    ring.octets_ = octets;
    return ring;
}

uint64_t RingReader::position() const {
    return load(consumer_.data());
}

uint64_t RingReader::produced() const {
    return load(producer_.data());
}

uint64_t RingReader::scan(const std::function<bool(const uint8_t *, uint32_t)> &visit) const {
    uint64_t position = this->position();
    const uint64_t end = produced();
    while (position < end) {
        const uint8_t *place = data_ + (position & (octets_ - 1));
        const uint32_t head = __atomic_load_n(reinterpret_cast<const uint32_t *>(place), __ATOMIC_ACQUIRE);
        if (head & kBusy)
            break;
        const uint32_t length = head & ~kDiscard;
        if (!(head & kDiscard) && !visit(place + kHeader, length))
            break;
        position += rounded(length);
    }
    return position;
}

void RingReader::release(uint64_t end) {
    if (end > produced())
        throw EngineError(EINVAL, "position " + std::to_string(end) +
                                      " was never reached by this ring (it is at " +
                                      std::to_string(produced()) + "): it belongs to another generation");
    if (end > position())
        store(consumer_.data(), end);
}

UserRing::UserRing(size_t octets) {
    const size_t page = pageSize();
    const int descriptor = memfd_create("countfree-ring", MFD_CLOEXEC);
    if (descriptor < 0 || ftruncate(descriptor, static_cast<off_t>(2 * page + octets)) != 0) {
        const int number = errno;
        if (descriptor >= 0)
            close(descriptor);
        throw EngineError(number, std::string("cannot make a ring: ") + std::strerror(number));
    }
    try {
        consumer_ = Mapping(descriptor, page, PROT_READ | PROT_WRITE, 0, "ring");
        producer_ = Mapping(descriptor, page + 2 * octets, PROT_READ | PROT_WRITE, page, "ring");
    } catch (...) {
        close(descriptor);
        throw;
    }
    uint8_t *again = producer_.data() + page + octets;
    void *place = mmap(again, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor,
                       static_cast<off_t>(2 * page));
    const int number = errno;
    close(descriptor);
    if (place == MAP_FAILED)
        throw EngineError(number, std::string("cannot map ring: ") + std::strerror(number));
    data_ = producer_.data() + page;
    octets_ = octets;
}

uint8_t *UserRing::reserve(uint32_t length) {
    if (rounded(length) > room())
        return nullptr;
    return producer_.data() + pageSize() + (produced() & (octets_ - 1)) + kHeader;
}

void UserRing::commit(uint32_t length) {
    uint8_t *head = producer_.data() + pageSize() + (produced() & (octets_ - 1));
    std::memcpy(head, &length, sizeof(length));
    store(producer_.data(), produced() + rounded(length));
}

} // namespace countfree
