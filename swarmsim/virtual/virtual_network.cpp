#include "swarmsim/virtual/virtual_network.hpp"

#include <utility>

namespace swarmlab::swarmsim {

using runtime::NetworkError;
using runtime::ResolveHandler;
using runtime::Slice;

void VirtualNetwork::write(runtime::StreamId stream, Slice slice) {
  if (slice.kind() != Slice::Kind::file) {
    tcp_.write(host_, stream, slice);
    return;
  }
  const auto content =
      files_.disk().read(slice.file(), static_cast<std::uint64_t>(slice.offset().value()), slice.size());
  if (!content || runtime::length_of(*content) != slice.length()) {
    tcp_.fail(host_, stream, NetworkError::other);   // a stream cannot leave out what it cannot read
    return;
  }
  files_.count_read(slice.length());
  for (const Slice& part : *content) tcp_.write(host_, stream, part);
}

void VirtualNetwork::resolve(std::string_view name, ResolveHandler& handler, runtime::Tag tag) {
  const std::uint32_t index = queries_.take();
  Query& query = queries_[index];
  query.handler = &handler;
  query.tag = tag;
  query.addresses.clear();
  if (const auto literal = IpAddress::parse(name)) {
    query.addresses.push_back(*literal);
  } else if (name == "localhost") {
    query.addresses.push_back(IpAddress::v4(127, 0, 0, 1));
  } else if (const FabricHost* named = fabric_.host_named(name)) {
    query.addresses = named->addresses;
  }
  loop_.post(loop_.now(), fabric_.host(host_).entity, EventKind::name_resolved, host_, index);
}

void VirtualNetwork::forget(ResolveHandler& handler) {
  for (std::uint32_t i = 0; i < queries_.capacity(); ++i) {
    if (queries_[i].handler == &handler) queries_[i].handler = nullptr;
  }
}

void VirtualNetwork::on_name_resolved(std::uint32_t index) {
  Query& query = queries_[index];
  if (ResolveHandler* const handler = std::exchange(query.handler, nullptr)) {
    if (query.addresses.empty()) {
      handler->on_resolved(query.tag, std::unexpected(NetworkError::name_not_found));
    } else {
      handler->on_resolved(query.tag, std::span<const IpAddress>(query.addresses));
    }
  }
  queries_.release(index);
}

void VirtualNetwork::end_process() {
  for (std::uint32_t i = 0; i < queries_.capacity(); ++i) queries_[i].handler = nullptr;
}

}  // namespace swarmlab::swarmsim
