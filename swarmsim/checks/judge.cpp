#include "swarmsim/checks/judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "swarmsim/checks/catalogue.hpp"

namespace swarmlab::swarmsim {
namespace {

// Whether `text` has `word` by itself: "upload_slots" stands in "upload_slots, optimistic", "slots" does not.
bool names_word(std::string_view text, std::string_view word) {
  const auto is_inside = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_inside(text[at - 1])) && (end == text.size() || !is_inside(text[end]))) return true;
  }
  return false;
}

// In place of a check that is about nobody who was named.
class NotApplicable final : public Check {
 public:
  explicit NotApplicable(std::string why) : why_(std::move(why)) {}
  EventSet interest() const override { return {}; }
  void on_event(const WireEvent&) override {}
  Judgement conclude(const EndOfRun&, Disks&) override {
    Judgement judgement;
    judgement.verdict = Verdict::not_applicable;
    judgement.summary = why_;
    return judgement;
  }

 private:
  std::string why_;
};

}  // namespace

Judge::Judge(const RunFacts& facts) : facts_(facts), arrivals_(facts), books_(facts), measurements_(facts, arrivals_) {}

void Judge::add(const CheckManual& manual, CheckArguments arguments) {
  arguments_.push_back(std::move(arguments));
  manuals_.push_back(&manual);
  checks_.push_back(make(manual, arguments_.back()));
  listen(*checks_.back(), checks_.back()->interest());
  for (const SideTable* table : checks_.back()->tables())
    for (std::size_t sort = 0; sort < EventSet::kSorts; ++sort)
      if (checks_.back()->interest().has_sort(sort)) tables_[sort].push_back(table);
  const EventSet before = checks_.back()->interest_before();
  for (std::size_t sort = 0; sort < EventSet::kSorts; ++sort)
    if (before.has_sort(sort)) early_listeners_[sort].push_back(checks_.back().get());
  listen_for_measurements();
}

std::unique_ptr<Check> Judge::make(const CheckManual& manual, CheckArguments& arguments) {
  if (manual.of_tit_for_tat && !arguments.peers("who").empty()) {
    arguments.keep_peers("who", [&](HostId peer) { return facts_.peers[peer.value()].tit_for_tat; });
    if (arguments.peers("who").empty())
      return std::make_unique<NotApplicable>("all of the peers declare to choke by another policy than tit for tat, which this is about");
  }
  return make_check(manual, {arguments, facts_, arrivals_, books_, measurements_});
}

void Judge::measure(const Expectation& expectation) {
  for_each_part(expectation.claim, [&](const Expression& part) {
    if (part.kind == Expression::Kind::metric) measurements_.want(part.metric);
  });
  listen_for_measurements();
}

void Judge::listen(EventSink& listener, const EventSet& interest) {
  for (std::size_t sort = 0; sort < EventSet::kSorts; ++sort)
    if (interest.has_sort(sort)) listeners_[sort].push_back(&listener);
}

void Judge::listen_for_measurements() {
  const EventSet interest = measurements_.interest();
  for (std::size_t sort = 0; sort < EventSet::kSorts; ++sort)
    if (interest.has_sort(sort) && !measured_.has_sort(sort)) listeners_[sort].push_back(&measurements_);
  measured_.add(interest);
}

void Judge::on_event(const WireEvent& event) {
  set_aside_.push_back(event);
  if (set_aside_.size() == kBatch || !event.payload.empty() || !event.problem.empty()) catch_up();
}

void Judge::catch_up() {
  for (std::size_t i = 0; i < set_aside_.size(); ++i) {
    if (i + kAhead < set_aside_.size()) {
      const WireEvent& ahead = set_aside_[i + kAhead];
      books_.fetch_ahead(ahead);
      for (const SideTable* table : tables_[EventSet::sort(ahead.kind, ahead.message.kind)]) table->fetch_ahead(ahead.connection);
    }
    judge(set_aside_[i]);
  }
  set_aside_.clear();
}

void Judge::judge(const WireEvent& event) {
  std::optional<WholePiece> whole;
  if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::request) arrivals_.on_request(event);
  if (event.kind == WireEventKind::sent && event.message.kind == MessageKind::handshake) arrivals_.on_handshake(event);
  if (event.kind == WireEventKind::joined && !event.payload.empty())
    if (const auto has = protocol::Bitfield::from_wire(event.payload, facts_.geometry.piece_count()))
      arrivals_.on_restarted(event.from, *has, event.at);
  if (event.kind == WireEventKind::received && event.message.kind == MessageKind::piece) whole = arrivals_.on_block(event);
  const std::size_t sort = EventSet::sort(event.kind, event.message.kind);
  for (Check* listener : early_listeners_[sort]) listener->before_event(event);
  books_.on_event(event);
  for (EventSink* listener : listeners_[sort]) listener->on_event(event);
  if (!whole) return;
  measurements_.on_whole_piece(*whole);
  for (const auto& check : checks_) check->on_whole_piece(*whole);
}

bool Judge::is_ready(Time now, Disks& disks) {
  catch_up();
  return std::ranges::all_of(checks_, [&](const auto& check) { return check->is_ready(now, disks); });
}

std::vector<Judgement> Judge::conclude(const EndOfRun& end, Disks& disks) {
  catch_up();
  measurements_.finish(end.at);
  std::vector<Judgement> judgements;
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    Judgement& judgement = judgements.emplace_back(checks_[i]->conclude(end, disks));
    if (const std::string missing = undeclared(*manuals_[i], arguments_[i]); !missing.empty()) {
      judgement = {.verdict = Verdict::not_applicable, .measured = {}, .limit = {}, .summary = missing, .story = {}};
      continue;
    }
    if (judgement.verdict == Verdict::vacuous && can_nobody(*manuals_[i], arguments_[i])) {
      judgement.verdict = Verdict::not_applicable;
      judgement.summary = fmt::format("none of the peers declares to speak what this is about ({})", to_words(manuals_[i]->needs));
    } else if (judgement.verdict == Verdict::vacuous && arguments_[i].may_be_vacuous) {
      judgement.verdict = Verdict::not_applicable;
      judgement.summary += ", which the scenario allows";
    }
  }
  return judgements;
}

// Not one of those it is about speaks all that the check needs.
bool Judge::can_nobody(const CheckManual& manual, const CheckArguments& arguments) const {
  const std::vector<HostId> who = arguments.peers("who");
  return !manual.needs.empty() && !who.empty() && std::ranges::none_of(who, [&](HostId peer) {
    return facts_.peers[peer.value()].speaks.has_all(manual.needs);
  });
}

// What it judges by, but one of those it is about does not declare.
std::string Judge::undeclared(const CheckManual& manual, const CheckArguments& arguments) const {
  for (const HostId peer : arguments.peers("who"))
    for (const std::string& name : facts_.peers[peer.value()].undeclared)
      if (names_word(manual.declared, name))
        return fmt::format("judges by {}, which the client of {} does not declare", name, facts_.peers[peer.value()].name);
  return {};
}

}  // namespace swarmlab::swarmsim
