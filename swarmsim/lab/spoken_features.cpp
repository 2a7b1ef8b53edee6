#include "swarmsim/lab/spoken_features.hpp"

#include "protocol/extension_handshake.hpp"
#include "protocol/handshake.hpp"

namespace swarmlab::swarmsim {

void SpokenFeatures::on_event(const WireEvent& event) {
  if (event.kind != WireEventKind::sent || event.from.value() >= spoken_.size()) return;
  Features& spoken = spoken_[event.from.value()];
  if (event.message.kind == MessageKind::handshake) {
    const auto handshake = protocol::decode_handshake(event.payload);
    if (!handshake || !*handshake) return;
    if ((*handshake)->features.fast) spoken.add(Feature::fast);
    if ((*handshake)->features.extension_protocol) spoken.add(Feature::ext);
  } else if (event.message.kind == MessageKind::extension_handshake) {
    const auto handshake = protocol::decode_extension_handshake(event.payload);
    if (!handshake) return;
    const auto offers = [&](const char* name) {   // 0: not, or no longer
      const auto found = handshake->message_ids.find(name);
      return found != handshake->message_ids.end() && found->second != 0;
    };
    if (offers("ut_metadata")) spoken.add(Feature::magnet);
    if (offers("ut_pex")) spoken.add(Feature::pex);
  }
}

}  // namespace swarmlab::swarmsim
