#include "swarmsim/run/run_log.hpp"

#include <fmt/format.h>

#include <variant>

#include "protocol/quantities.hpp"

namespace swarmlab::swarmsim {

void PeerLog::on_event(client::TorrentId, const client::Event& event) {
  if (std::holds_alternative<client::PieceVerified>(event)) return;
  if (const auto* failed = std::get_if<client::StorageFailed>(&event))
    storage_failure_ = fmt::format("{}: {}", failed->path, failed->reason);
  if (const auto* fault = std::get_if<client::InternalFault>(&event))
    faults_.push_back(fmt::format("{} broke an invariant of its own at {}, in {}: {}", name_, to_clock(clock_.now()), fault->place,
                                  fault->what));
  if (std::holds_alternative<client::Completed>(event) && when_completed_) when_completed_();
  if (out_ != nullptr) say(client::to_string(event));
}

void PeerLog::say(std::string_view what) {
  if (out_ == nullptr) return;
  const std::string line = fmt::format("{}  {}  {}\n", to_clock(clock_.now()), name_, what);
  out_->write(line.data(), static_cast<std::streamsize>(line.size()));
}

}  // namespace swarmlab::swarmsim
