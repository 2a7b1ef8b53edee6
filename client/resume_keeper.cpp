#include "client/resume_keeper.hpp"

#include <algorithm>
#include <utility>

#include "protocol/assert.hpp"

namespace swarmlab::client {
namespace {

using runtime::FileError;
using runtime::OpenMode;
using runtime::Slice;

// A record is renewed every interval and takes a while to be written: a lease that ended before would have everything
// hashed after a crash.
constexpr Duration kLeaseMargin = 30s;

// Larger ones are not ours: a torrent of 500,000 files and 2^21 pieces stays below.
constexpr ByteCount kMaxRecord = 64_MiB;

}  // namespace

ResumeKeeper::ResumeKeeper(runtime::FileSystem& files, const runtime::Clock& clock, runtime::Timers& timers,
                           std::shared_ptr<const protocol::Metainfo> metainfo, ContentStore& store, Options options,
                           ResumeOwner& owner)
    : files_(files), clock_(clock), metainfo_(std::move(metainfo)), store_(store), options_(std::move(options)),
      owner_(owner), path_(options_.directory + "/" + to_string(metainfo_->info_hash) + ".resume"),
      new_path_(path_ + ".new"), timer_(timers, *this) {}

ResumeKeeper::~ResumeKeeper() {
  files_.forget(*this);
  if (file_is_open_) files_.close(file_);
}

// ---- loading ----

void ResumeKeeper::load() {
  SWARM_ASSERT(step_ == Step::none);
  step_ = Step::looking;
  files_.stat(path_, *this, 0);
}

void ResumeKeeper::not_loaded(std::string_view why) {
  step_ = Step::none;
  owner_.on_resume_loaded(std::nullopt, path_, why);
}

void ResumeKeeper::loaded(std::span<const Slice> data) {
  std::vector<std::byte> bytes;
  for (const Slice& slice : data) {
    if (slice.kind() != Slice::Kind::bytes) return not_loaded("is damaged: it holds content");
    bytes.insert(bytes.end(), slice.bytes().begin(), slice.bytes().end());
  }
  auto record = decode_resume_record(bytes, *metainfo_);
  if (!record) return not_loaded(record.error());
  was_final_ = record->is_final;
  step_ = Step::none;
  owner_.on_resume_loaded(ResumeClaims{std::move(*record), written_ns_}, path_, {});
}

// ---- when ----

void ResumeKeeper::begin(const protocol::Bitfield& trusted) {
  has_begun_ = true;
  const protocol::Bitfield& here = owner_.pieces_on_disk();
  for (PieceIndex piece; metainfo_->geometry.contains(piece); ++piece) {
    if (!here.test(piece) || trusted.test(piece)) continue;
    store_.needs_sync(metainfo_->geometry.offset_of(piece), metainfo_->geometry.length_of(piece));
    has_news_ = true;
  }
  // What is claimed and final stays so until something is written; a download takes the lease first.
  if (here.all()) {
    has_news_ = has_news_ || !was_final_;
    wants_final_ = true;
  } else {
    has_news_ = true;
  }
  expected_ = noted_files();
  advance();
  watch();
}

void ResumeKeeper::note_write() {
  has_news_ = true;
  wants_final_ = false;
  advance();
}

void ResumeKeeper::finish() {
  if (!has_begun_ || is_halted_) return;
  const bool is_saving = step_ != Step::none && step_ != Step::watching;
  const bool will_be_final = is_saving ? saving_.is_final : was_final_;
  if (!will_be_final) has_news_ = true;
  wants_final_ = true;
  timer_.disarm();
  advance();
}

void ResumeKeeper::halt() {
  is_halted_ = true;
  timer_.disarm();
}

std::vector<std::optional<ResumeRecord::File>> ResumeKeeper::noted_files() const {
  std::vector<std::optional<ResumeRecord::File>> files;
  files.reserve(metainfo_->files.size());
  for (std::size_t i = 0; i < metainfo_->files.size(); ++i) {
    const auto& status = store_.status_on_disk(i);
    files.push_back(status ? std::optional(ResumeRecord::File{status->size, status->modified_ns}) : std::nullopt);
  }
  return files;
}

// ---- watching ----

// The timer that tells when the next record is due has nothing else to do while the final one stands.
void ResumeKeeper::watch() {
  if (!was_final_ || has_news_ || is_halted_ || !has_begun_) return;
  timer_.arm(clock_.now() + options_.watch);
}

void ResumeKeeper::compare() {
  const auto found = noted_files();
  for (std::size_t i = 0; i < found.size() && !expected_.empty(); ++i) {
    if (metainfo_->files[i].is_pad || found[i] == expected_[i] || !expected_[i]) continue;
    const std::string_view how = !found[i]                          ? "is gone"
                                 : found[i]->size < expected_[i]->size ? "has become shorter"
                                                                       : "was changed by somebody else";
    const std::string path = store_.path_of(i);
    halt();
    owner_.on_file_changed(path, how);
    return;
  }
  watch();
}

void ResumeKeeper::advance() {
  if (is_halted_ || !has_begun_ || !has_news_ || step_ != Step::none) return;
  if (wants_final_) {
    if (store_.write_backlog() == ByteCount{}) save();
    return;
  }
  const Time now = clock_.now();
  const Time due = has_saved_ ? last_saved_ + options_.interval : now;
  if (due <= now) {
    save();
  } else {
    timer_.arm_no_later_than(due);
  }
}

void ResumeKeeper::on_timer(runtime::Tag) {
  timer_.expired();
  if (was_final_ && !has_news_ && step_ == Step::none && !is_halted_) {
    step_ = Step::watching;
    store_.survey(options_.store_tag);
    return;
  }
  advance();
}

void ResumeKeeper::on_stored(const StoreResult& result) {
  if (result.tag != options_.store_tag) {
    if (wants_final_) advance();
    return;
  }
  if (is_halted_) return;
  if (step_ == Step::watching) {
    step_ = Step::none;
    if (!has_news_ && was_final_ && result.error == FileError::none) compare();
    advance();
    return;
  }
  if (result.error != FileError::none) {
    // What the system could not write it may have dropped: nothing is claimed from here on.
    halt();
    step_ = Step::none;
    owner_.on_sync_failed(result.path, result.error);
    owner_.on_resume_settled();
    return;
  }
  saving_.files = noted_files();
  next(Step::making_directory);
}

// ---- saving ----

void ResumeKeeper::save() {
  has_news_ = false;
  has_saved_ = true;
  last_saved_ = clock_.now();
  timer_.disarm();
  saving_ = ResumeRecord{.info_hash = metainfo_->info_hash, .pieces = owner_.pieces_on_disk(), .files = {},
                         .is_final = wants_final_, .lease = options_.interval + kLeaseMargin};
  step_ = Step::syncing_content;
  store_.checkpoint(options_.store_tag);
}

void ResumeKeeper::next(Step step) {
  step_ = step;
  switch (step) {
    case Step::reading: files_.read(file_, ByteCount{}, kMaxRecord, *this, 0); return;
    case Step::making_directory: files_.make_directories(options_.directory, *this, 0); return;
    case Step::creating: files_.open(new_path_, OpenMode::create, *this, 0); return;
    case Step::cutting: files_.truncate(file_, ByteCount{}, *this, 0); return;   // of what a crash left
    case Step::writing: {
      const Slice bytes = Slice::copy_of(encode(saving_));
      files_.write(file_, ByteCount{}, std::span(&bytes, 1), *this, 0);
      return;
    }
    case Step::syncing: files_.sync(file_, *this, 0); return;
    case Step::renaming: files_.rename(new_path_, path_, *this, 0); return;
    case Step::naming: files_.sync_directory(options_.directory, *this, 0); return;
    case Step::none:
    case Step::watching:
    case Step::looking:
    case Step::opening:
    case Step::syncing_content: break;
  }
  SWARM_ASSERT(false, static_cast<int>(step));
}

void ResumeKeeper::on_file(const runtime::FileResult& result) {
  if (result.error == FileError::none && (step_ == Step::opening || step_ == Step::creating)) {
    file_ = result.file;
    file_is_open_ = true;
  }
  const bool is_loading = step_ == Step::looking || step_ == Step::opening || step_ == Step::reading;
  const bool file_is_done = step_ == Step::reading || step_ == Step::syncing || result.error != FileError::none;
  if (file_is_open_ && file_is_done) {
    files_.close(file_);
    file_is_open_ = false;
  }
  if (result.error != FileError::none) {
    if (!is_loading) return saved(result.error);
    return not_loaded(result.error == FileError::not_found ? std::string_view() : to_string(result.error));
  }
  switch (step_) {
    case Step::looking:
      if (result.status.size > kMaxRecord) return not_loaded("is too large to be one");
      written_ns_ = result.status.modified_ns;
      step_ = Step::opening;
      files_.open(path_, OpenMode::read, *this, 0);
      return;
    case Step::opening: next(Step::reading); return;
    case Step::reading: loaded(result.data); return;
    case Step::making_directory: next(Step::creating); return;
    case Step::creating: next(Step::cutting); return;
    case Step::cutting: next(Step::writing); return;
    case Step::writing: next(Step::syncing); return;
    case Step::syncing: next(Step::renaming); return;
    case Step::renaming: next(Step::naming); return;
    case Step::naming: saved(FileError::none); return;
    case Step::none:
    case Step::watching:
    case Step::syncing_content: break;
  }
  SWARM_ASSERT(false, static_cast<int>(step_));
}

void ResumeKeeper::saved(FileError error) {
  step_ = Step::none;
  if (error == FileError::none) {
    was_final_ = saving_.is_final;
    expected_ = std::move(saving_.files);
  } else if (!std::exchange(has_complained_, true)) {
    owner_.on_resume_failed(path_, error);
  }
  saving_ = {};
  advance();
  watch();
  if (is_settled()) owner_.on_resume_settled();
}

}  // namespace swarmlab::client
