#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <variant>

#include "protocol/http_tracker.hpp"
#include "protocol/quantities.hpp"
#include "tracker/command_line.hpp"
#include "tracker/env.hpp"
#include "tracker/tracker.hpp"

namespace swarmlab::tracker {
namespace {

using Json = nlohmann::ordered_json;

// --verbose: one line for each announce and each peer that fell silent; with --json announces alone, with all that was said.
class AnnounceLog final : public TrackerEvents {
 public:
  AnnounceLog(std::ostream& err, bool json, Duration since_1970) : err_(err), json_(json), since_1970_(since_1970) {}

  void on_announce(const protocol::AnnounceRequest& request, const Asker& asker, const AnnounceAnswer& answer,
                   Time now) override {
    if (json_) {
      err_ << json_line(request, asker, answer, now) << '\n' << std::flush;
      return;
    }
    const auto* failure = std::get_if<protocol::TrackerFailure>(&answer);
    err_ << fmt::format("{} {} {} port {} {} left {} event {}: {}\n", at(now),
                        asker.transport == Transport::http ? "http" : "udp", to_string(asker.address), request.port,
                        to_string(request.info_hash), request.left.value(), to_string(request.event),
                        failure != nullptr
                            ? "refused, " + failure->reason
                            : fmt::format("{} peers", std::get<protocol::AnnounceReply>(answer).peers.size()));
  }
  void on_expired(const ExpiredPeer& peer, Time now) override {
    if (json_) return;   // nobody said anything
    err_ << fmt::format("{} peer {} of {} fell silent\n", at(now), to_string(peer.who.id), to_string(peer.info_hash));
  }

 private:
  // What `swarmsim judge --tracker-log` reads (docs/captures.md).
  std::string json_line(const protocol::AnnounceRequest& request, const Asker& asker, const AnnounceAnswer& answer, Time now) const {
    const auto* failure = std::get_if<protocol::TrackerFailure>(&answer);
    const std::vector<std::byte> reply = failure != nullptr
        ? protocol::encode_failure(*failure)
        : protocol::encode_announce_reply(std::get<protocol::AnnounceReply>(answer), request.compact, request.no_peer_id);
    const protocol::Url path{.scheme = {}, .host = {}, .target = "/announce"};
    const Duration since = since_1970_ + now.time_since_epoch();
    return Json{{"t", std::chrono::duration<double>(since).count()},
                {"from", to_string(asker.address)},
                {"request", protocol::announce_target(path, request)},
                {"reply", to_hex(reply)}}.dump();
  }
  static std::string at(Time now) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    return fmt::format("{:>6}.{:03}", ms / 1000, ms % 1000);
  }
  std::ostream& err_;
  bool json_;
  Duration since_1970_;
};

std::vector<std::string> urls(std::string_view scheme, const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> list;
  for (const Endpoint& endpoint : endpoints) list.push_back(fmt::format("{}://{}/announce", scheme, to_string(endpoint)));
  return list;
}

// What scripts wait for.  All URLs are in "urls", the first of each kind also by name.
void say_ready(const Tracker& tracker, bool json, std::ostream& out) {
  auto all = urls("http", tracker.http_endpoints());
  const auto udp = urls("udp", tracker.udp_endpoints());
  const Json http_url = all.empty() ? Json(nullptr) : Json(all.front());
  const Json udp_url = udp.empty() ? Json(nullptr) : Json(udp.front());
  all.insert(all.end(), udp.begin(), udp.end());
  if (json) {
    out << Json{{"http", http_url}, {"udp", udp_url}, {"urls", all}}.dump() << std::endl;
  } else {
    for (const std::string& url : all) out << "listening on " << url << std::endl;
  }
}

void say_summary(const TrackerStats& stats, bool json, std::ostream& out) {
  if (json) {
    out << Json{{"http_announces", stats.http_announces},
                {"udp_announces", stats.udp_announces},
                {"scrapes", stats.scrapes},
                {"failures", stats.failures},
                {"malformed", stats.malformed},
                {"swallowed", stats.swallowed},
                {"expired", stats.expired},
                {"swarms", stats.now.swarms},
                {"seeds", stats.now.seeds},
                {"leechers", stats.now.leechers}}
               .dump()
        << std::endl;
    return;
  }
  out << fmt::format(
             "stopped: {} over HTTP, {} over UDP, {}, {} refused, {} malformed; {} with {} and {}\n",
             counted(stats.http_announces, "announce"), stats.udp_announces, counted(stats.scrapes, "scrape"),
             stats.failures, stats.malformed, counted(stats.now.swarms, "swarm"), counted(stats.now.seeds, "seed"),
             counted(stats.now.leechers, "leecher"))
      << std::flush;
}

}  // namespace

int run(Env& env) {
  auto parsed = parse_command_line(env.arguments);
  if (!parsed) {
    env.err << "bttracker: " << parsed.error().what << '\n';
    if (parsed.error().status == kUsage) env.err << "bttracker --help tells how to use it\n";
    return parsed.error().status;
  }
  if (const auto* wanted = std::get_if<TextWanted>(&*parsed)) {
    env.out << wanted->text;
    return kHeld;
  }
  auto& line = std::get<CommandLine>(*parsed);
  AnnounceLog log(env.err, line.json, env.since_1970);
  Tracker tracker(env.outside, std::move(line.tracker), line.verbose ? &log : nullptr);
  if (const auto started = tracker.start(); !started) {
    env.err << "bttracker: " << started.error() << '\n';
    return kEnvironment;
  }
  say_ready(tracker, line.json, env.out);
  env.run_until_stopped();
  tracker.stop();
  say_summary(tracker.stats(), line.json, env.out);
  return kHeld;
}

}  // namespace swarmlab::tracker
