// ResumeKeeper: the resume record of one torrent, read at its start and kept true from then on.
//
// What a record promises, and when it is believed: resume_record.hpp.  This is the part that does it:
//
//   load() -> on_resume_loaded()     begin()      note_write() ... note_write()      finish()
//                                      |  at once    |  every `interval`, while         |  when no write is under way
//                                      v             v  anything is written             v
//                                  open record    open record                      final record -> on_resume_settled()
//
// One record: note what is verified and written -> look at the files' times -> sync them -> write the record under another
// name -> sync that -> rename -> sync the directory.  So at any moment there is either the old record or the new one, and
// either claims only what was synced before it was written.  Only files that were written since the last record are looked
// at and synced.
//
// A record that cannot be written (a read-only directory, a full disk) is reported once and costs the next start a check; the
// torrent goes on, and so do the attempts.  Content that cannot be synced is a storage error of the torrent.
//
// While the final record stands, nobody should write: the files are looked at now and then, and one whose size or time of
// modification is not the noted one is reported.  What is announced would else be served though it is not true any more.
//
// Nobody else may sync the content store meanwhile: what another sync has begun would count as done.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/content_store.hpp"
#include "client/resume_record.hpp"
#include "runtime/clock.hpp"
#include "runtime/timers.hpp"

namespace swarmlab::client {

class ResumeOwner {
 public:
  // nullopt: nothing may be claimed; with a reason where there is a record that is not believed.
  virtual void on_resume_loaded(std::optional<ResumeClaims> claims, std::string_view path, std::string_view why_not) = 0;
  // What is verified and written.
  virtual const protocol::Bitfield& pieces_on_disk() const = 0;
  virtual void on_resume_failed(std::string_view path, runtime::FileError error) = 0;
  // Content could not be synced: the keeper has halted.
  virtual void on_sync_failed(std::string_view path, runtime::FileError error) = 0;
  // A file is not as it was when everything in it was verified, and it was not we who wrote it.
  virtual void on_file_changed(std::string_view path, std::string_view how) = 0;
  // After finish(), however it ended: is_settled() holds.
  virtual void on_resume_settled() = 0;

 protected:
  ~ResumeOwner() = default;
};

class ResumeKeeper final : private runtime::FileHandler, private runtime::TimerHandler {
 public:
  struct Options {
    std::string directory;        // of the records
    Duration interval = 10s;      // between two records, while there is anything to note
    Duration watch = 30s;         // between two looks at files that nobody should be writing
    runtime::Tag store_tag = 0;   // of its operations in the content store
  };

  ResumeKeeper(runtime::FileSystem& files, const runtime::Clock& clock, runtime::Timers& timers,
               std::shared_ptr<const protocol::Metainfo> metainfo, ContentStore& store, Options options,
               ResumeOwner& owner);
  ResumeKeeper(const ResumeKeeper&) = delete;
  ResumeKeeper& operator=(const ResumeKeeper&) = delete;
  ~ResumeKeeper();

  void load();
  // The check is over and content may be written from now on.  `trusted` are the pieces that were not hashed: the others are here,
  // but perhaps in the system's memory only.
  void begin(const protocol::Bitfield& trusted);
  // Content was written, or is about to be.
  void note_write();
  // The last record, as soon as what was begun is written.  note_write() afterwards begins anew.
  void finish();
  // No record is written any more: what is claimed already stays.
  void halt();
  // A result of the content store; with tags of others it may be that the last write is done.
  void on_stored(const StoreResult& result);

  // The record on disk is as true as it will get.
  bool is_settled() const {
    return is_halted_ || (!has_news_ && (step_ == Step::none || step_ == Step::watching));
  }
  const std::string& path() const { return path_; }

 private:
  // What is awaited, in this order; loading: open, read.  Saving: syncing ... naming.
  enum class Step : std::uint8_t { none, looking, opening, reading, syncing_content, making_directory, creating,
                                   cutting, writing, syncing, renaming, naming, watching };

  void on_file(const runtime::FileResult& result) override;
  void on_timer(runtime::Tag tag) override;
  void loaded(std::span<const runtime::Slice> data);
  void not_loaded(std::string_view why);
  void advance();
  void save();
  void watch();
  void compare();
  std::vector<std::optional<ResumeRecord::File>> noted_files() const;
  void next(Step step);
  void saved(runtime::FileError error);

  runtime::FileSystem& files_;
  const runtime::Clock& clock_;
  std::shared_ptr<const protocol::Metainfo> metainfo_;
  ContentStore& store_;
  Options options_;
  ResumeOwner& owner_;
  std::string path_;
  std::string new_path_;
  runtime::Timer timer_;
  Step step_ = Step::none;
  runtime::FileId file_;                  // open from creating (or opening) to its close
  bool file_is_open_ = false;
  std::int64_t written_ns_ = 0;           // of the record that is being loaded
  bool was_final_ = false;                // what is on disk
  bool has_begun_ = false;
  bool has_news_ = false;                 // the record on disk does not say all, or is not final and should be
  bool wants_final_ = false;
  bool has_complained_ = false;
  bool is_halted_ = false;
  Time last_saved_ = kStart;
  bool has_saved_ = false;
  ResumeRecord saving_;
  std::vector<std::optional<ResumeRecord::File>> expected_;   // while the final record stands
};

}  // namespace swarmlab::client
