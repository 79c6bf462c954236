/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf_program.h"

#include "xdp_attachment.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace countfree {

namespace {

constexpr uint32_t kSubscribers = 131072;
constexpr size_t kLogLimit = 65536;
constexpr size_t kTail = 2000;

/* bpffs refuses dots in names, so pins have names of their own. */
struct Pin {
    const char *map;
    const char *file;
};

constexpr Pin kPins[] = {
    {"streams", "streams"},       {"slots", "slots"},
    {"slot_runs", "slot_runs"},   {"follows", "follows"},
    {"flows_0", "flows_0"},       {"flows_1", "flows_1"},
    {"globals", "globals"},       {"cpus", "cpus"},
    {"fragments", "fragments"},   {"subscribers", "subscribers"},
    {"mirrors", "mirrors"},       {"ranges4", "ranges4"},
    {"spare_0", "spare_0"},       {"spare_1", "spare_1"},
    {"ranges6", "ranges6"},       {"flow_ring", "flow_ring"},
    {"hello_ring", "hello_ring"}, {".data.state", "state"},
};

thread_local std::string *currentLog = nullptr;

int collect(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (level == LIBBPF_DEBUG || currentLog == nullptr)
        return 0;
    /* The verifier's log comes as one line of up to megabytes, and what matters stands at its end. */
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(nullptr, 0, format, arguments);
    if (length > 0) {
        std::vector<char> line(static_cast<size_t>(length) + 1);
        vsnprintf(line.data(), line.size(), format, again);
        currentLog->append(line.data(), static_cast<size_t>(length));
    }
    va_end(again);
    if (currentLog->size() > kLogLimit)
        currentLog->erase(0, currentLog->size() - kLogLimit);
    return length;
}

bpf_map_info infoOf(int descriptor, const std::string &what) {
    bpf_map_info info{};
    uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(descriptor, &info, &length) != 0)
        throw EngineError(errno, "cannot look at " + what + ": " + std::strerror(errno));
    return info;
}

} // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0)
        close(number_);
}

Descriptor::Descriptor(Descriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

LibbpfLog::LibbpfLog() : outer_(currentLog) {
    libbpf_set_print(collect);
    currentLog = &text_;
}

LibbpfLog::~LibbpfLog() {
    currentLog = outer_;
}

std::string LibbpfLog::tail() const {
    return text_.size() <= kTail ? text_ : "..." + text_.substr(text_.size() - kTail);
}

std::string LibbpfLog::kernelMessage() const {
    static const std::string mark = "Kernel error message: ";
    const size_t start = text_.rfind(mark);
    if (start == std::string::npos)
        return "";
    const size_t end = text_.find('\n', start);
    return text_.substr(start + mark.size(), end == std::string::npos ? end : end - start - mark.size());
}

std::string advice(int number) {
    switch (number < 0 ? -number : number) {
    case EPERM:
    case EACCES:
        return "run it as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
    case ENOMEM:
        return "the tables do not fit the memory that is free: make flows or the rings smaller";
    case E2BIG:
    case EINVAL:
        return "the kernel must be 6.1 or later (see uname -r)";
    case ENOSYS:
        return "this kernel has no bpf system call, or a container forbids it";
    default:
        return "see the text above";
    }
}

BpfProgram::BpfProgram(const BpfProgramOptions &options) : pinPath_(options.pinPath) {
    LibbpfLog log;
    lockPins();
    object_.reset(bpf_object__open_file(options.objectPath.c_str(), nullptr));
    if (!object_)
        throw EngineError(errno, "cannot read the BPF object " + options.objectPath + ": " +
                                     std::strerror(errno) +
                                     ". Build it with: node scripts/build-native.mjs\n" + log.tail());
    adoptPins();
    size(options);
    load();
}

std::string BpfProgram::refusalOf(const BpfProgramOptions &options) {
    LibbpfLog log;
    BpfProgram program;
    program.pinPath_ = options.pinPath;
    if (access((options.pinPath + "/state").c_str(), F_OK) != 0)
        return "";
    program.object_.reset(bpf_object__open_file(options.objectPath.c_str(), nullptr));
    if (!program.object_)
        return "cannot read the BPF object " + options.objectPath + ": " + std::strerror(errno);
    try {
        program.adoptPins();
    } catch (const EngineError &error) {
        return error.what();
    }
    return "";
}

void BpfProgram::discard(const std::string &pinPath) {
    BpfProgram program;
    program.pinPath_ = pinPath;
    program.lockPins();
    removePinnedLink(pinPath);
    unlink((pinPath + "/state").c_str()); /* first: without it the others count as remains */
    std::unique_ptr<DIR, int (*)(DIR *)> folder(opendir(pinPath.c_str()), closedir);
    while (const dirent *entry = folder ? readdir(folder.get()) : nullptr)
        if (entry->d_name[0] != '.')
            unlink((pinPath + "/" + entry->d_name).c_str());
    if (rmdir(pinPath.c_str()) != 0)
        throw EngineError(errno, "cannot remove " + pinPath + ": " + std::strerror(errno));
}

void BpfProgram::lockPins() {
    if (pinPath_.empty())
        return;
    if (mkdir(pinPath_.c_str(), 0700) != 0 && errno != EEXIST)
        throw EngineError(errno, "cannot make the pin folder " + pinPath_ + ": " + std::strerror(errno) +
                                     ". Its parent must be on a bpffs: mount -t bpf bpf /sys/fs/bpf");
    struct statfs system {};
    if (statfs(pinPath_.c_str(), &system) != 0 || static_cast<uint32_t>(system.f_type) != BPF_FS_MAGIC)
        throw EngineError(ENOTSUP,
                          pinPath_ + " is not on a bpffs: mount -t bpf bpf /sys/fs/bpf, and pin below it");
    lock_ = Descriptor(open(pinPath_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock_.valid())
        throw EngineError(errno,
                          "cannot open " + pinPath_ + ": " + std::strerror(errno) + "; " + advice(errno));
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
        throw EngineError(EBUSY, "another process counts with the pins in " + pinPath_ +
                                     ": stop it first, or give this one a pin folder of its own");
}

/* Before the maps are looked at one by one, as another version may have others. Its state starts the same. */
void BpfProgram::checkPinnedVersion() const {
    const std::string path = pinPath_ + "/state";
    const Descriptor descriptor(bpf_obj_get(path.c_str()));
    if (!descriptor.valid())
        throw EngineError(errno, "the pin " + path + " cannot be opened: " + std::strerror(errno) + "; " +
                                     advice(errno));
    const Mapping state(descriptor.get(), sizeof(uint32_t), PROT_READ, 0, "state");
    const uint32_t version = reinterpret_cast<const cf_state *>(state.data())->layout_version;
    if (version != CF_LAYOUT_VERSION)
        throw EngineError(ESTALE, "the pins in " + pinPath_ + " have layout " + std::to_string(version) +
                                      ", this program " + std::to_string(CF_LAYOUT_VERSION) +
                                      ". Start the version that made them to read what it counted, stop it, "
                                      "and detach");
}

/* Takes over the maps if all are there. Without the state's pin they are remains of a start that was cut off.
 */
void BpfProgram::adoptPins() {
    if (pinPath_.empty())
        return;
    if (access((pinPath_ + "/state").c_str(), F_OK) != 0) {
        unpin();
        return;
    }
    checkPinnedVersion();
    for (const Pin &pin : kPins) {
        const std::string path = pinPath_ + "/" + pin.file;
        Descriptor descriptor(bpf_obj_get(path.c_str()));
        if (!descriptor.valid())
            throw EngineError(
                errno, "the pin " + path + " cannot be opened: " + std::strerror(errno) +
                           ". If it is gone for good, detach (which removes all pins) and start again");
        const bpf_map_info info = infoOf(descriptor.get(), path);
        bpf_map *map = bpf_object__find_map_by_name(object_.get(), pin.map);
        if (map == nullptr || info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
            info.value_size != bpf_map__value_size(map))
            throw EngineError(ESTALE,
                              path + " was made by another version of the program (it has keys of " +
                                  std::to_string(info.key_size) + " and values of " +
                                  std::to_string(info.value_size) +
                                  " bytes). Start that version to read what it counted, stop it, and detach");
        const int error = bpf_map__reuse_fd(map, descriptor.get());
        if (error != 0)
            throw EngineError(error, "cannot take over " + path + ": " + std::strerror(-error));
    }
    adopted_ = true;
}

void BpfProgram::size(const BpfProgramOptions &options) {
    const cf_constants constants = {options.replay, static_cast<uint32_t>(libbpf_num_possible_cpus())};
    bpf_map *map = bpf_object__find_map_by_name(object_.get(), ".rodata.constants");
    if (map == nullptr || bpf_map__set_initial_value(map, &constants, sizeof(constants)) != 0)
        throw EngineError(EINVAL, options.objectPath + " does not fit this program: build both again");
    if (adopted_)
        return;
    const auto entries = [this](const char *name, uint32_t count) {
        bpf_map *map = bpf_object__find_map_by_name(object_.get(), name);
        if (map != nullptr)
            bpf_map__set_max_entries(map, count);
    };
    const EngineSettings &settings = options.settings;
    entries("slots", 2 * slotsOf(settings.flows));
    entries("slot_runs", 2 * slotsOf(settings.flows) / CF_SLOT_RUN);
    for (const char *table : {"flows_0", "flows_1"})
        entries(table, settings.flows);
    for (const char *table : {"spare_0", "spare_1"})
        entries(table, std::max(1u, settings.flows / 8)); /* Engine::apply grants no more */
    entries("fragments", settings.fragments);
    entries("subscribers", std::min(kSubscribers, std::max(1024u, settings.flows)));
    entries("flow_ring", settings.flowRingBytes);
    entries("hello_ring", settings.helloRingBytes);
}

/* A quarter more than flows, as a table that is full to the brim sends many to the hash maps: so it is one in
 * twenty. */
uint32_t BpfProgram::slotsOf(uint32_t flows) {
    const uint32_t wanted = flows + flows / 4 + CF_SLOT_PROBES;
    return (wanted + CF_SLOT_RUN - 1) / CF_SLOT_RUN * CF_SLOT_RUN;
}

void BpfProgram::load() {
    LibbpfLog log;
    const int error = bpf_object__load(object_.get());
    if (error != 0)
        throw EngineError(error, std::string("the kernel does not take the BPF program: ") +
                                     std::strerror(-error) + "; " + advice(error) + "\n" + log.tail());
    state_ = Mapping(map(".data.state"), sizeof(cf_state), PROT_READ | PROT_WRITE, 0, "state");
    replay_ = Mapping(map(".data.replay"), sizeof(cf_replay), PROT_READ | PROT_WRITE, 0, "replay");
}

int BpfProgram::map(const char *name) const {
    const int descriptor = bpf_object__find_map_fd_by_name(object_.get(), name);
    if (descriptor < 0)
        throw EngineError(ENOENT, std::string("the BPF object has no map ") + name + ": build it again");
    return descriptor;
}

uint32_t BpfProgram::mapEntries(const char *name) const {
    return infoOf(map(name), name).max_entries;
}

size_t BpfProgram::mapValueOctets(const char *name) const {
    return (infoOf(map(name), name).value_size + 7) & ~7u;
}

int BpfProgram::program(const char *name) const {
    const bpf_program *program = bpf_object__find_program_by_name(object_.get(), name);
    if (program == nullptr)
        throw EngineError(ENOENT, std::string("the BPF object has no program ") + name + ": build it again");
    return bpf_program__fd(program);
}

void BpfProgram::call(const char *name, void *args, uint32_t length) const {
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = args, .ctx_size_in = length);
    if (bpf_prog_test_run_opts(program(name), &options) != 0)
        throw EngineError(errno, std::string("cannot run ") + name + ": " + std::strerror(errno) + "; " +
                                     advice(errno));
}

void BpfProgram::pin() const {
    if (pinPath_.empty() || adopted_)
        return;
    for (const Pin &pin : kPins) {
        const std::string path = pinPath_ + "/" + pin.file;
        if (bpf_obj_pin(map(pin.map), path.c_str()) != 0)
            throw EngineError(errno, "cannot pin " + path + ": " + std::strerror(errno));
    }
}

void BpfProgram::unpin() const {
    if (pinPath_.empty())
        return;
    /* The state's pin goes first: without it the others count as remains. */
    unlink((pinPath_ + "/state").c_str());
    for (const Pin &pin : kPins)
        unlink((pinPath_ + "/" + pin.file).c_str());
}

} // namespace countfree
