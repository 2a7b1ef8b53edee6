#include "swarmsim/checks/reads_are_sent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/quantities.hpp"
#include "swarmsim/checks/story.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr Share kUsualWaste{100'000};
// What may be read and not sent without any fault: a few blocks for each of a few connections when the run ends.
constexpr ByteCount kUnderWay = 512_KiB;

constexpr std::array kParameters{
    ParameterManual{"who", ParameterKind::peers, Need::required, "the peers that upload"},
    ParameterManual{"waste", ParameterKind::share, Need::optional,
                    "how much more than it sends each may read, as a share of what it sends (default: 10%)"},
};

class ReadsAreSent final : public Check {
 public:
  explicit ReadsAreSent(const CheckContext& context)
      : facts_(context.facts), who_(context.arguments.peers("who")), is_who_(who_, facts_.peers.size()),
        waste_(context.arguments.share("waste", kUsualWaste)), uploads_(facts_.peers.size()) {}

  EventSet interest() const override {
    return EventSet{}.sent(MessageKind::piece).sent(MessageKind::choke).received(MessageKind::cancel).received(
        MessageKind::not_interested);
  }

  void on_event(const WireEvent& event) override {
    if (event.kind == WireEventKind::sent) {
      if (!is_who_.has(event.from)) return;
      Upload& upload = uploads_[event.from.value()];
      if (event.message.kind == MessageKind::piece) upload.sent += ByteCount(event.message.length);
      else ++upload.withdrawals;
    } else if (is_who_.has(event.to)) {
      ++uploads_[event.to.value()].withdrawals;
    }
  }

  Judgement conclude(const EndOfRun& end, Disks& disks) override {
    Judgement judgement;
    ByteCount read_by_all;
    ByteCount sent_by_all;
    std::uint64_t withdrawals = 0;
    for (const HostId peer : who_) {
      const std::optional<ByteCount> read = disks.bytes_read(peer);
      if (!read) return unknown(peer);
      const Upload& upload = uploads_[peer.value()];
      read_by_all += *read;
      sent_by_all += upload.sent;
      withdrawals += upload.withdrawals;
      if (upload.withdrawals > 0 && *read > allowed(upload.sent) && judgement.verdict != Verdict::violated)
        accuse(peer, upload, *read, end.at, judgement);
    }
    judgement.measured = fmt::format("{} read, {} sent; requests were taken back {}", to_text(read_by_all), to_text(sent_by_all),
                                     counted(withdrawals, "time"));
    judgement.limit = fmt::format("{} more than is sent, and {}", to_text(waste_), to_text(kUnderWay));
    if (judgement.verdict == Verdict::held && (withdrawals == 0 || sent_by_all.value() == 0)) {
      judgement.verdict = Verdict::vacuous;
      judgement.summary = "nobody took back what it had asked for; there was nothing to read in vain";
    }
    return judgement;
  }

 private:
  struct Upload {
    ByteCount sent;
    std::uint64_t withdrawals = 0;   // cancels, chokes and losses of interest, each of which may void requests
  };

  ByteCount allowed(ByteCount sent) const {
    return sent + ByteCount(sent.value() / Share::kWhole * waste_.millionths +
                            sent.value() % Share::kWhole * waste_.millionths / Share::kWhole) + kUnderWay;
  }

  Judgement unknown(HostId peer) const {
    Judgement judgement;
    judgement.verdict = Verdict::undecided;
    judgement.summary = fmt::format("nobody counted what {} read from its files", facts_.name(peer));
    return judgement;
  }

  void accuse(HostId peer, const Upload& upload, ByteCount read, Time at, Judgement& judgement) const {
    const std::string& who = facts_.name(peer);
    judgement.verdict = Verdict::violated;
    judgement.summary = fmt::format("{} read {} from its files and sent {}", who, to_text(read), to_text(upload.sent));
    judgement.story.push_back(story_line(at, fmt::format("by now {} has read {} and sent {} of blocks; at most {} would do", who,
                                                         to_text(read), to_text(upload.sent), to_text(allowed(upload.sent)))));
    judgement.story.push_back(fmt::format("What it had been asked for was taken back {}: cancels, chokes, losses of interest.",
                                          counted(upload.withdrawals, "time")));
    judgement.story.push_back("Right is to read a block when there is room to send it, and to send what was read.  Look at when reads "
                              "for upload begin, and at what becomes of a block whose request is gone when it has been read.");
  }

  const RunFacts& facts_;
  std::vector<HostId> who_;
  PeerSet is_who_;
  Share waste_;
  std::vector<Upload> uploads_;       // by peer
};

}  // namespace

constinit const CheckManual kReadsAreSent{
    .name = "reads_are_sent",
    .claim = "what is read from disk for others is sent to them",
    .level = CheckLevel::quality,
    .maturity = CheckMaturity::stable,
    .bugs = "B23, B79",
    .parameters = kParameters,
    .text = R"(Bytes that the client read from its files (hashing apart) against bytes of blocks that it sent.  A stranger who asks
and cancels can make a client that reads early wear out its disk for nothing.  A client that keeps what it has read in memory
reads less than it sends, which is fine; one that reads more than `waste` beyond it, and half a MiB for what is under way, reads
in vain.  Not for peers that read for other reasons, such as content that fails its hash.  Undecided where nobody counts reads (real
processes, captures).  Vacuous when nothing was ever taken back.  Provoke it with cancel_storm.)",
};

std::unique_ptr<Check> make_reads_are_sent(const CheckContext& context) { return std::make_unique<ReadsAreSent>(context); }

}  // namespace swarmlab::swarmsim
