// What a torrent does about what its files and its resume data tell.
#include <utility>

#include "client/torrent.hpp"
#include "protocol/quantities.hpp"

namespace swarmlab::client {
namespace {

// What a person can do about it.
std::string_view storage_advice(runtime::FileError error) {
  using enum runtime::FileError;
  switch (error) {
    case no_space: return "make room and start the torrent again: what is verified stays";
    case permission:
    case read_only: return "let this user write there, or choose another --dir";
    case too_large: return "the file system or a quota allows no file of this size; choose another --dir";
    case is_directory:
    case not_a_directory:
    case exists: return "something else has that name; move it away or choose another --dir";
    case name_too_long: return "choose a --dir with a shorter path";
    case too_many_open: return "raise the limit of open files (ulimit -n)";
    case not_found: return "it was moved or deleted; put it back, or start the torrent again to fetch it anew";
    case input_output: return "the device reports an error; look at the system's log before trusting it again";
    case none:
    case directory_not_empty:
    case other: break;
  }
  return "start the torrent again when that is mended";
}

}  // namespace

using runtime::FileError;

void Torrent::make_resume_keeper(runtime::Tag store_tag) {
  ResumeOwner& owner = *this;
  const std::string& directory = options_.directory;
  resume_ = std::make_unique<ResumeKeeper>(
      outside_.files, outside_.clock, outside_.timers, metainfo_, *store_,
      ResumeKeeper::Options{.directory = options_.state_directory.value_or(directory.empty() ? ".swarmlab"
                                                                                             : directory + "/.swarmlab"),
                            .interval = settings_.resume_interval,
                            .store_tag = store_tag},
      owner);
}

void Torrent::on_resume_loaded(std::optional<ResumeClaims> claims, std::string_view path, std::string_view why_not) {
  if (checker_ == nullptr) return;   // stopped meanwhile
  if (!why_not.empty()) emit(ResumeIgnored{path, why_not});
  checker_->start(std::move(claims));
}

void Torrent::on_resume_failed(std::string_view path, FileError error) {
  emit(ResumeNotSaved{path, to_string(error)});
}

void Torrent::on_late_write() {
  if (resume_ != nullptr) resume_->note_write();
}

// ---- room ----

// With `allocate: full` those of which something is to be fetched.
std::vector<std::uint32_t> Torrent::files_to_reserve(const protocol::Bitfield& have) const {
  std::vector<std::uint32_t> files;
  if (settings_.allocate != Allocation::full) return files;
  const std::vector<Priority> priorities = file_priorities(*metainfo_, options_.select);
  const std::int64_t piece_length = metainfo_->geometry.piece_length().value();
  for (std::uint32_t file = 0; file < priorities.size(); ++file) {
    const protocol::FileEntry& entry = metainfo_->files[file];
    if (entry.is_pad || entry.length.value() == 0 || priorities[file] == Priority::skip || store_->has_all_its_room(file)) continue;
    const auto last = PieceIndex(static_cast<std::uint32_t>((entry.offset + entry.length - 1_B).value() / piece_length));
    bool is_complete = true;
    for (auto piece = PieceIndex(static_cast<std::uint32_t>(entry.offset.value() / piece_length)); piece <= last; ++piece) {
      is_complete = is_complete && have.test(piece);
    }
    if (!is_complete) files.push_back(file);
  }
  return files;
}

void Torrent::on_reserved(const StoreResult& result) {
  if (has_ended()) return;
  if (result.error == FileError::none) {
    if (checker_ != nullptr) go_on_from_check();   // else the selection has changed, and everything goes on meanwhile
    return;
  }
  if (!result.shortage) return on_storage_error(result.path, result.error);
  const std::string reason = std::string(to_string(result.error)) + ": " + to_text(result.shortage->needed) +
                             " are to be reserved for it and what follows, " + to_text(result.shortage->free) + " are free";
  fail_for_storage(result.path, reason, "make room, or choose another --dir or --allocate sparse, and start the torrent again");
}

// ---- selection ----

void Torrent::apply_selection() {
  const std::vector<Priority> files = file_priorities(*metainfo_, options_.select);
  download_->select(piece_priorities(*metainfo_, files));
  Selected told{.files = 0, .files_total = 0, .left = download_->left()};
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (metainfo_->files[i].is_pad) continue;
    ++told.files_total;
    if (files[i] != Priority::skip) ++told.files;
  }
  emit(told);
}

bool Torrent::prioritise(const std::vector<std::uint32_t>& files, Priority priority) {
  Selection selection = options_.select;
  for (const std::uint32_t file : files) {
    if (metainfo_ == nullptr || file >= metainfo_->files.size() || metainfo_->files[file].is_pad) return false;
    selection.files[file] = priority;
  }
  select(std::move(selection));
  return true;
}

void Torrent::select(Selection selection) {
  const EventScope scope(*this);
  options_.select = std::move(selection);
  if (state_ != TorrentState::downloading && state_ != TorrentState::seeding) return;   // begin_transfer() applies it
  apply_selection();
  if (state_ == TorrentState::downloading && download_->is_complete()) {
    complete();
  } else if (state_ == TorrentState::seeding && !download_->is_complete()) {
    state_ = TorrentState::downloading;
    extensions_.refresh(peers_, handshake_facts());
    if (resume_ != nullptr) resume_->note_write();
    pool_.hurry(outside_.clock.now());   // seeds that were of no use any more are, now
    dial_timer_.arm_no_later_than(outside_.clock.now());
    reannounce();
  }
  reserve(download_->have());
}

// ---- errors ----

void Torrent::on_check_failed(std::string_view path, FileError why) {
  on_storage_error(path, why);
}

void Torrent::on_storage_error(std::string_view path, FileError error) {
  fail_for_storage(path, to_string(error), storage_advice(error));
}

void Torrent::on_file_changed(std::string_view path, std::string_view how) {
  const EventScope scope(*this);
  fail_for_storage(path, how, "its pieces are not true any more; stop what writes to it and start the torrent again, which checks it");
}

void Torrent::fail_for_storage(std::string_view path, std::string_view reason, std::string_view advice) {
  if (has_ended()) return;
  emit(StorageFailed{path, reason, advice});
  fail(std::string(path) + ": " + std::string(reason));
}

// Too late to stop for it, but not to say it.
void Torrent::on_sync_failed(std::string_view path, FileError error) {
  if (state_ != TorrentState::stopping) return on_storage_error(path, error);
  if (!error_.empty()) return;
  error_ = std::string(path) + ": " + std::string(to_string(error));
  emit(StorageFailed{path, to_string(error), storage_advice(error)});
}

}  // namespace swarmlab::client
