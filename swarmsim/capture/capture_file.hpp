// CaptureFile: the IP packets that a pcap or pcapng file holds, with their times, and what the file says of hosts.
//
//   pcap     draft-ietf-opsawg-pcap: micro- and nanoseconds, both byte orders
//   pcapng   draft-ietf-opsawg-pcapng: several sections and interfaces, if_tsresol and if_tsoffset, enhanced packets and the
//            older packet blocks, names of addresses.  A simple packet block has no time, and is counted.
//   links    raw IP, Ethernet (with VLAN tags), Linux "cooked" 1 and 2, loopback of BSD
//
// Captures written by swarmsim tell also when packets arrived, in blocks of their own (wire/pcapng.hpp).
//
// Files are untrusted: every byte string gives packets, or an error with its offset.  A file that ends within a packet, as
// that of a program that was killed does, holds the packets before it, and says so.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/units.hpp"

namespace swarmlab::swarmsim {

struct CapturedPacket {
  Duration since_epoch{};            // of 1970, by the clock of whoever captured
  std::uint32_t interface = 0;
  bool arrives = false;              // a note that it arrived, of which the headers are enough
  Bytes ip;                          // from the IP header on, into the file's bytes
};

struct CaptureFile {
  std::vector<std::string> interfaces;   // their names; "" where none is given
  std::vector<CapturedPacket> packets;   // in the order of the file
  std::vector<std::pair<IpAddress, std::string>> names;
  std::optional<Duration> ended;     // when capturing did, where the file says so
  std::optional<IpAddress> all_of;   // it is all that this host had to do with, each packet as it left and, with a note, as it arrived
  bool is_ours = false;              // written by swarmsim: times count from the start of the run
  bool is_of_lab = false;            // and of real processes
  bool is_cut_short = false;         // the file ends within a packet
  std::uint64_t other = 0;           // frames that hold no IP, of a link that is not known, or without a time
};

struct CaptureFileError {
  std::string what;
  std::size_t offset = 0;            // in the file
};
// "offset 24: a block of 7 bytes"
std::string to_string(const CaptureFileError& error);

// `file` outlives what is returned.
std::expected<CaptureFile, CaptureFileError> decode_capture_file(Bytes file);

}  // namespace swarmlab::swarmsim
