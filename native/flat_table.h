/* SPDX-License-Identifier: Apache-2.0 */
/* Hash tables of the user-space engine. Keys are plain bytes; hashes are seeded, as senders choose the keys.
 */
#ifndef COUNTFREE_FLAT_TABLE_H
#define COUNTFREE_FLAT_TABLE_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace countfree {

/* Multiply-and-fold over words, as in wyhash. */
template <typename Key> uint64_t hashBytes(const Key &key, uint64_t seed) {
    static_assert(sizeof(Key) % 8 == 0, "keys are whole words");
    uint64_t words[sizeof(Key) / 8];
    std::memcpy(words, &key, sizeof(Key));
    uint64_t hash = seed;
    for (uint64_t word : words) {
        const unsigned __int128 product =
            static_cast<unsigned __int128>(hash ^ word ^ 0xa0761d6478bd642fULL) *
            (seed | 0xe7037ed1a0b428dbULL);
        hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
    }
    return hash;
}

/* Open addressing over a dense list of entries: it grows on demand and is emptied as a whole. */
template <typename Key, typename Value> class FlatTable {
  public:
    struct Entry {
        Key key;
        Value value;
    };

    explicit FlatTable(uint64_t seed) : seed_(seed) { index_.resize(1024); }

    /* Valid until the next insertion. */
    Value *find(const Key &key) {
        const uint64_t hash = hashBytes(key, seed_);
        for (size_t slot = hash & mask();; slot = (slot + 1) & mask()) {
            const Slot &place = index_[slot];
            if (place.position == 0)
                return nullptr;
            if (place.hash == tag(hash) &&
                std::memcmp(&entries_[place.position - 1].key, &key, sizeof(Key)) == 0)
                return &entries_[place.position - 1].value;
        }
    }

    /* The key must not be there yet. */
    void insert(const Key &key, const Value &value) {
        if ((entries_.size() + 1) * 2 > index_.size())
            grow();
        entries_.push_back({key, value});
        place(hashBytes(key, seed_), static_cast<uint32_t>(entries_.size()));
    }

    const std::vector<Entry> &entries() const { return entries_; }

    /* Keeps the memory, as the next epoch is likely to be as large. */
    void clear() {
        entries_.clear();
        std::memset(index_.data(), 0, index_.size() * sizeof(Slot));
    }

  private:
    struct Slot {
        uint32_t hash;
        uint32_t position; /* in entries_, from 1; 0: free */
    };

    static uint32_t tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
    size_t mask() const { return index_.size() - 1; }

    void place(uint64_t hash, uint32_t position) {
        size_t slot = hash & mask();
        while (index_[slot].position != 0)
            slot = (slot + 1) & mask();
        index_[slot] = {tag(hash), position};
    }

    void grow() {
        const size_t size = index_.size() * 2;
        index_.assign(size, Slot{0, 0});
        for (uint32_t i = 0; i < entries_.size(); i++)
            place(hashBytes(entries_[i].key, seed_), i + 1);
    }

    uint64_t seed_;
    std::vector<Slot> index_;
    std::vector<Entry> entries_;
};

/* Of fixed size: sets of four, in which the one unused for longest makes room. */
template <typename Key, typename Value> class BoundedTable {
  public:
    BoundedTable(size_t size, uint64_t seed) : seed_(seed) {
        size_t sets = 1;
        while (sets * kWays < size)
            sets *= 2;
        entries_.resize(sets * kWays);
    }

    Value *find(const Key &key) {
        Entry *set = setOf(key);
        for (size_t way = 0; way < kWays; way++) {
            if (set[way].used != 0 && std::memcmp(&set[way].key, &key, sizeof(Key)) == 0) {
                set[way].used = ++clock_;
                return &set[way].value;
            }
        }
        return nullptr;
    }

    Value *put(const Key &key, const Value &value) {
        Value *found = find(key);
        if (found != nullptr) {
            *found = value;
            return found;
        }
        Entry *set = setOf(key);
        Entry *oldest = set;
        for (size_t way = 1; way < kWays; way++)
            if (set[way].used < oldest->used)
                oldest = &set[way];
        oldest->key = key;
        oldest->value = value;
        oldest->used = ++clock_;
        return &oldest->value;
    }

  private:
    static constexpr size_t kWays = 4;
    struct Entry {
        Key key{};
        Value value{};
        uint64_t used = 0;
    };

    Entry *setOf(const Key &key) {
        return &entries_[(hashBytes(key, seed_) & (entries_.size() / kWays - 1)) * kWays];
    }

    uint64_t seed_;
    uint64_t clock_ = 0;
    std::vector<Entry> entries_;
};

} // namespace countfree

#endif
