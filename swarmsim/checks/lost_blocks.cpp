#include "swarmsim/checks/lost_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Duration kBetweenLooks = 500ms;
// A Request that was decided in time may wait behind data to be sent.
constexpr Duration kPatience = 10s;

}  // namespace

void LostBlocks::lose(Loss loss) {
  if (dialogues_.is_gone(loss.asker)) return;
  if (loss.scope == Scope::block) {
    if (!facts_.geometry.is_valid(loss.block) || arrivals_.has_block(loss.asker, loss.block)) return;
    if (dialogues_.askings(loss.asker, loss.block, loss.at_connection) > 0) return;
  }
  ++lost_;
  ++open_duties_;
  Duty& duty = duties_[loss.asker.value()].emplace_back(Duty{std::move(loss), {}, {}});
  collect(duty, duty.loss.at);
}

void LostBlocks::on_event(const WireEvent& event) {
  if (open_duties_ == 0) return;
  if (event.at >= next_look_) {
    look(event.at);
    next_look_ = event.at + kBetweenLooks;
  }
  const bool asks = event.kind == WireEventKind::sent && event.message.kind == MessageKind::request;
  const bool arrives = event.kind == WireEventKind::received && event.message.kind == MessageKind::piece;
  if (!asks && !arrives) return;
  const HostId asker = asks ? event.from : event.to;
  if (asker.value() >= duties_.size() || duties_[asker.value()].empty()) return;
  for (Duty& duty : duties_[asker.value()]) duty.is_over = meet(duty, event);
  sweep(duties_[asker.value()]);
}

bool LostBlocks::meet(Duty& duty, const WireEvent& event) {
  const bool asks = event.kind == WireEventKind::sent;
  if (!concerns(duty, event.message.block())) {
    // Somebody works on the piece: it is not forgotten, and may wait for that peer to go on with it.
    if (asks && duty.loss.block.piece == event.message.piece) collect(duty, event.at);
    return false;
  }
  if (asks && !duty.sources.empty()) {
    const Duration took = std::max(Duration{}, event.decided_earliest - duty.since);
    slowest_ = std::max(slowest_, took);
    const Dialogue* source = took > within_ ? neglected(duty) : nullptr;
    if (source != nullptr) accuse(duty, *source, event.decided_earliest, "only now a REQUEST for it is decided");
  }
  asked_again_ += asks;
  return true;
}

void LostBlocks::sweep(std::vector<Duty>& duties) {
  open_duties_ -= std::erase_if(duties, [](const Duty& duty) { return duty.is_over; });
}

bool LostBlocks::concerns(const Duty& duty, const protocol::BlockRange& block) {
  if (duty.loss.block.piece != block.piece) return false;
  if (duty.loss.scope == Scope::any_block_of_its_piece) return true;
  const ByteCount begin(duty.loss.block.begin.value());   // the client may cut it otherwise the next time
  return ByteCount(block.begin.value()) <= begin && begin < ByteCount(block.begin.value()) + block.length;
}

void LostBlocks::collect(Duty& duty, Time now) {
  duty.since = now;
  duty.sources.clear();
  for (const Dialogues::Side& side : dialogues_.of(duty.loss.asker)) {
    const Dialogue& source = *dialogues_.find(side);
    if (!source.can_be_asked() || source.gave_false_block || source.keeps_waiting ||
        !dialogues_.has_announced(source, duty.loss.block.piece) || source.has_given_back(duty.loss.block.piece))
      continue;
    duty.sources.push_back(side);
    if (duty.sources.size() == kMostSources) return;
  }
}

void LostBlocks::look(Time now) {
  for (std::vector<Duty>& duties : duties_) {
    if (duties.empty()) continue;
    for (Duty& duty : duties) duty.is_over = look_at(duty, now);
    sweep(duties);
  }
}

bool LostBlocks::look_at(Duty& duty, Time now) {
  if (dialogues_.is_gone(duty.loss.asker) || arrivals_.has_block(duty.loss.asker, duty.loss.block)) return true;
  if (!duty.sources.empty() && now < duty.since + within_ + kPatience) return false;
  if (const Dialogue* source = neglected(duty)) {
    accuse(duty, *source, now, "no REQUEST for it was sent to anybody by now");
    return true;
  }
  collect(duty, now);
  return false;
}

const Dialogue* LostBlocks::neglected(const Duty& duty) {
  // A piece of which nothing came is one among many that are not begun, and waits for its turn.
  const bool is_begun = duty.loss.scope == Scope::any_block_of_its_piece ||
                        arrivals_.bytes_of(duty.loss.asker, duty.loss.block.piece) > ByteCount(0);
  for (const Dialogues::Side& side : duty.sources) {
    const Dialogue& source = *dialogues_.find(side);
    if (!source.can_be_asked() || source.choke_changed > duty.since || source.gave_false_block || source.keeps_waiting ||
        source.has_given_back(duty.loss.block.piece) || dialogues_.is_gone(source.source))
      continue;
    const bool is_idle = source.open.empty() && source.idle_since <= duty.since + within_;
    if (is_idle || (is_begun && source.began_piece_at > duty.since)) return &source;
  }
  return nullptr;
}

void LostBlocks::accuse(const Duty& duty, const Dialogue& source, Time now, std::string_view how) {
  ++forgotten_;
  if (first_.verdict == Verdict::violated) return;
  first_.verdict = Verdict::violated;
  const std::string& asker = facts_.name(duty.loss.asker);
  const std::string& other = facts_.name(source.source);
  const bool is_piece = duty.loss.scope == Scope::any_block_of_its_piece;
  const std::string what = is_piece ? fmt::format("piece {}", duty.loss.block.piece.value()) : to_words(duty.loss.block);
  first_.summary = fmt::format("{} forgot {}, which {} has and would serve (limit {})", asker, what,
                               other, to_text(within_));
  first_.story.push_back(story_line(duty.loss.at, fmt::format("{} {}", what, duty.loss.how)));
  first_.story.push_back(story_line(duty.since, fmt::format("{} has the piece, is connected to {} and does not choke it", other, asker)));
  if (source.began_piece_at > duty.since)
    first_.story.push_back(story_line(source.began_piece_at, fmt::format("{} begins piece {} with {} instead", asker,
                                                                         source.began_piece.value(), other)));
  else
    first_.story.push_back(story_line(source.idle_since, fmt::format("since now {} asks {} for nothing", asker, other)));
  first_.story.push_back(story_line(now, how));
  first_.story.push_back("look at where the client gives blocks back that a peer will not deliver");
}

Judgement LostBlocks::judgement(std::string_view nothing_lost) const {
  Judgement judgement = first_;
  if (asked_again_ + forgotten_ == 0) {
    judgement.verdict = Verdict::vacuous;
    judgement.summary = nothing_lost;
  }
  judgement.measured = fmt::format("{} lost, {} asked for again, {} forgotten; slowest after {}", lost_, asked_again_,
                                   forgotten_, to_text(slowest_));
  judgement.number = MeasuredNumber{"slowest", Number::of(slowest_), Unit::time};
  judgement.limit = fmt::format("again within {} of a source", to_text(within_));
  return judgement;
}

}  // namespace swarmlab::swarmsim
