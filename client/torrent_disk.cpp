// What a torrent does about what its files and its resume data tell.
#include <utility>

#include "client/torrent.hpp"

namespace swarmlab::client {

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

void Torrent::on_check_failed(std::string_view path, FileError why) {
  on_storage_error(path, why);
}

void Torrent::on_storage_error(std::string_view path, FileError error) {
  if (state_ == TorrentState::failed || state_ == TorrentState::stopping || state_ == TorrentState::stopped) return;
  const std::string reason(to_string(error));
  emit(StorageFailed{path, reason});
  fail(std::string(path) + ": " + reason);
}

// Too late to stop for it, but not to say it.
void Torrent::on_sync_failed(std::string_view path, FileError error) {
  if (state_ != TorrentState::stopping) return on_storage_error(path, error);
  if (!error_.empty()) return;
  error_ = std::string(path) + ": " + std::string(to_string(error));
  emit(StorageFailed{path, to_string(error)});
}

}  // namespace swarmlab::client
