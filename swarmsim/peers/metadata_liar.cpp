#include "swarmsim/peers/metadata_liar.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/bencode.hpp"
#include "swarmsim/peers/row_table.hpp"
#include "swarmsim/wire/extension_sight.hpp"

namespace swarmlab::swarmsim {
namespace {

enum class Answer : std::uint8_t { truth, garbage, reject, silence };

struct LieRow {
  std::string_view name;
  std::string_view what;                       // for people
  std::optional<std::int64_t> claimed_size;    // instead of the true one
  Answer answer;
};
constexpr std::array kRows{
    LieRow{"tiny", "claims a metadata of one byte", 1, Answer::truth},
    LieRow{"large", "claims a metadata of 15 MiB", 15 * 1024 * 1024, Answer::silence},
    LieRow{"huge", "claims a metadata of 2 GiB", std::int64_t{1} << 31, Answer::truth},
    LieRow{"negative", "claims a metadata of less than nothing", -1, Answer::truth},
    LieRow{"garbage", "sends garbage as metadata", std::nullopt, Answer::garbage},
    LieRow{"rejects", "refuses its metadata", std::nullopt, Answer::reject},
    LieRow{"silent", "answers no request for metadata", std::nullopt, Answer::silence},
};
constexpr auto kNames = words_of(kRows);
constexpr std::array kParameters{
    BehaviourParameter{"kind", BehaviourValueKind::word, "all", "which lie; all: one after another, by connection", kNames},
    BehaviourParameter{"rate", BehaviourValueKind::share, "100%", "share of the connections on which it lies"},
};

class MetadataLiar final : public Box {
 public:
  using Box::Box;

  void on_start() override {
    if (role_.is_due()) lie_ = next_row(kRows, role_.spec.word("kind"), role_.turn);
  }

  void to_engine(Parcel parcel) override {
    if (const auto* extended = parcel.as<protocol::Extended>(); extended != nullptr && extended->id == 0)
      take_numbers(extended->payload, theirs_);
    pass_to_engine(std::move(parcel));
  }

  void to_wire(Parcel parcel) override {
    const auto* extended = parcel.as<protocol::Extended>();
    if (!lie_ || extended == nullptr) return pass_to_wire(std::move(parcel));
    WireMessage what;
    what.kind = MessageKind::extended;
    what.piece = PieceIndex(extended->id);
    const WireMessage sight = recognise(what, extended->payload, theirs_, {}).message;
    if (sight.kind == MessageKind::extension_handshake) return greet(*extended, std::move(parcel));
    if (sight.kind == MessageKind::metadata_data) return answer(*extended, sight.piece.value(), std::move(parcel));
    pass_to_wire(std::move(parcel));
  }

 private:
  void greet(const protocol::Extended& handshake, Parcel parcel) {
    constexpr std::string_view kKey = "13:metadata_sizei";
    const std::string_view text = as_text(handshake.payload);
    const std::size_t at = text.find(kKey);
    if (!lie_->claimed_size || at == std::string_view::npos) return pass_to_wire(std::move(parcel));
    role_.bites(std::string(lie_->what));
    const std::size_t number_at = at + kKey.size();
    const std::string changed = std::string(text.substr(0, number_at)) + std::to_string(*lie_->claimed_size) +
                                std::string(text.substr(text.find('e', number_at)));
    send(protocol::Extended{0, as_bytes(std::string_view(changed))});
  }

  void answer(const protocol::Extended& message, std::uint32_t piece, Parcel parcel) {
    if (lie_->answer == Answer::truth) return pass_to_wire(std::move(parcel));
    role_.bites(std::string(lie_->what));
    switch (lie_->answer) {
      case Answer::garbage: {
        std::vector<std::byte> changed(message.payload.begin(), message.payload.end());
        changed.back() ^= std::byte{1};   // behind the dictionary is the data
        return send(protocol::Extended{message.id, changed});
      }
      case Answer::reject: {
        const std::string refusal = "d8:msg_typei2e5:piecei" + std::to_string(piece) + "ee";
        return send(protocol::Extended{message.id, as_bytes(std::string_view(refusal))});
      }
      case Answer::silence:
      case Answer::truth: return;
    }
  }

  std::optional<LieRow> lie_;
  ExtensionNumbers theirs_;        // under which the other end wants to get its messages
};

}  // namespace

constinit const BehaviourManual kMetadataLiar{
    .name = "metadata_liar",
    .claim = "claims false sizes of the metadata, sends garbage for it, refuses it, or never sends it",
    .kind = BehaviourKind::box,
    .bugs = "B70, B79",
    .parameters = kParameters,
    .text = R"(On each connection the next row of a table: its extension handshake claims another metadata_size, or its
answers to requests for metadata (BEP 9) are spoilt, refused or missing.  A correct client that begins with a magnet link
believes no size before the whole matches the info-hash, allocates nothing for a mere claim, and gets the metadata from
somebody else.  Whoever has the metadata already does not notice.)",
};

std::unique_ptr<Box> make_metadata_liar(Role& role, Line& line, std::size_t place) {
  return make_box_of<MetadataLiar>(role, line, place);
}

}  // namespace swarmlab::swarmsim
