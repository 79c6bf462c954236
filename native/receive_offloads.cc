/* SPDX-License-Identifier: Apache-2.0 */
#include "receive_offloads.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace countfree {

namespace {

/* netdev_features_strings of net/ethtool/common.c. */
constexpr const char *kOffloads[] = {"rx-gro", "rx-lro", "rx-gro-hw", "rx-gro-list"};
constexpr uint32_t kOffloadCount = sizeof(kOffloads) / sizeof(kOffloads[0]);
constexpr uint32_t kMostFeatures = 1024;

class Ethtool {
  public:
    Ethtool(const std::string &interfaceName, int descriptor) : descriptor_(descriptor) {
        std::strncpy(request_.ifr_name, interfaceName.c_str(), IFNAMSIZ - 1);
    }

    /* False if the kernel refuses. SFEATURES answers with flags above 0 where not all could be done. */
    bool call(void *data) {
        request_.ifr_data = static_cast<char *>(data);
        return descriptor_ >= 0 && ioctl(descriptor_, SIOCETHTOOL, &request_) >= 0;
    }

    /* Position of each of kOffloads among the features; kMostFeatures where this kernel has none of the name.
     */
    std::vector<uint32_t> positions() {
        std::vector<uint32_t> found(kOffloadCount, kMostFeatures);
        count_ = featureCount();
        std::vector<uint8_t> bytes(sizeof(ethtool_gstrings) + static_cast<size_t>(count_) * ETH_GSTRING_LEN);
        auto *strings = reinterpret_cast<ethtool_gstrings *>(bytes.data());
        strings->cmd = ETHTOOL_GSTRINGS;
        strings->string_set = ETH_SS_FEATURES;
        strings->len = count_;
        if (count_ == 0 || !call(strings))
            return found;
        for (uint32_t i = 0; i < count_; i++) {
            const char *name = reinterpret_cast<const char *>(strings->data) + i * ETH_GSTRING_LEN;
            for (uint32_t offload = 0; offload < kOffloadCount; offload++)
                if (std::strncmp(name, kOffloads[offload], ETH_GSTRING_LEN) == 0)
                    found[offload] = i;
        }
        return found;
    }

    /* Which of the offloads are on. */
    uint32_t active(const std::vector<uint32_t> &positions) {
        std::vector<uint8_t> bytes(sizeof(ethtool_gfeatures) + blocks() * sizeof(ethtool_get_features_block));
        auto *features = reinterpret_cast<ethtool_gfeatures *>(bytes.data());
        features->cmd = ETHTOOL_GFEATURES;
        features->size = static_cast<uint32_t>(blocks());
        uint32_t set = 0;
        if (count_ == 0 || !call(features))
            return set;
        for (uint32_t offload = 0; offload < kOffloadCount; offload++) {
            const uint32_t at = positions[offload];
            if (at < count_ && (features->features[at / 32].active >> (at % 32) & 1))
                set |= 1u << offload;
        }
        return set;
    }

    void change(const std::vector<uint32_t> &positions, uint32_t offloads, bool on) {
        std::vector<uint8_t> bytes(sizeof(ethtool_sfeatures) + blocks() * sizeof(ethtool_set_features_block));
        auto *features = reinterpret_cast<ethtool_sfeatures *>(bytes.data());
        features->cmd = ETHTOOL_SFEATURES;
        features->size = static_cast<uint32_t>(blocks());
        for (uint32_t offload = 0; offload < kOffloadCount; offload++) {
            const uint32_t at = positions[offload];
            if (at >= count_ || !(offloads >> offload & 1))
                continue;
            features->features[at / 32].valid |= 1u << (at % 32);
            if (on)
                features->features[at / 32].requested |= 1u << (at % 32);
        }
        call(features);
    }

  private:
    size_t blocks() const { return (count_ + 31) / 32; }

    uint32_t featureCount() {
        uint8_t bytes[sizeof(ethtool_sset_info) + sizeof(uint32_t)] = {};
        auto *info = reinterpret_cast<ethtool_sset_info *>(bytes);
        info->cmd = ETHTOOL_GSSET_INFO;
        info->sset_mask = 1ull << ETH_SS_FEATURES;
        if (!call(info) || info->sset_mask == 0)
            return 0;
        uint32_t count = 0;
        std::memcpy(&count, info->data, sizeof(count));
        return count > kMostFeatures ? 0 : count;
    }

    int descriptor_;
    ifreq request_{};
    uint32_t count_ = 0;
};

} // namespace

ReceiveOffloads::ReceiveOffloads(const std::string &interfaceName)
    : name_(interfaceName), descriptor_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

ReceiveOffloads::~ReceiveOffloads() {
    if (descriptor_ >= 0)
        close(descriptor_);
}

uint32_t ReceiveOffloads::on() {
    Ethtool ethtool(name_, descriptor_);
    return ethtool.active(ethtool.positions());
}

OffloadChange ReceiveOffloads::switchOff() {
    Ethtool ethtool(name_, descriptor_);
    const std::vector<uint32_t> positions = ethtool.positions();
    const uint32_t before = ethtool.active(positions);
    if (before != 0)
        ethtool.change(positions, before, false);
    const uint32_t after = ethtool.active(positions);
    return {before & ~after, after};
}

void ReceiveOffloads::switchOn(uint32_t offloads) {
    if (offloads == 0)
        return;
    Ethtool ethtool(name_, descriptor_);
    ethtool.change(ethtool.positions(), offloads, true);
}

std::vector<std::string> offloadNames(uint32_t offloads) {
    std::vector<std::string> names;
    for (uint32_t offload = 0; offload < kOffloadCount; offload++)
        if (offloads >> offload & 1)
            names.emplace_back(kOffloads[offload]);
    return names;
}

} // namespace countfree
