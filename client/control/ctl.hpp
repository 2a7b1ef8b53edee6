// btclient ctl: reads and writes the control tree of a running client.
//
//   btclient ctl [--control ADDR:PORT] [--token-file F] PATH              prints what is there
//   btclient ctl ... --follow torrents/0/events                           one JSON object a line, as it happens
//   btclient ctl ... torrents/0/ctl down 1 MiB/s                          the words after the path are one command
//
// Works over any Network.  What it prints is the body as it came; complaints go elsewhere.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/endpoint.hpp"
#include "runtime/network.hpp"

namespace swarmlab::client::control {

struct CtlOptions {
  Endpoint at{IpAddress::v4(127, 0, 0, 1), 6880};
  std::string token_file;                       // empty: the default one
  std::string path;
  std::string command;                          // empty: read
  bool follow = false;
};
struct CtlHelp { std::string text; };

// Of the words after "ctl".  The error is one line.  A file to be added is named from `directory`, where the user is, which
// need not be where the client runs.
std::expected<std::variant<CtlOptions, CtlHelp>, std::string> parse_ctl_options(const std::vector<std::string>& words,
                                                                                 std::string_view directory);

// One request of a client.  Calls `print` with text as it comes and `on_end` once, from events: with nothing, or with why not.
class CtlRequest final : private runtime::StreamHandler {
 public:
  enum class Failure : std::uint8_t { unreachable, refused };     // nobody answers; or the answer is no
  struct Error { Failure failure; std::string what; };
  using Print = std::function<void(std::string_view)>;
  using OnEnd = std::function<void(std::expected<void, Error>)>;

  CtlRequest(runtime::Network& network, const CtlOptions& options, std::string token, Print print, OnEnd on_end);
  CtlRequest(const CtlRequest&) = delete;
  CtlRequest& operator=(const CtlRequest&) = delete;
  ~CtlRequest();

 private:
  void on_connected(runtime::StreamId stream) override;
  void on_readable(runtime::StreamId stream) override;
  void on_writable(runtime::StreamId) override {}
  void on_closed(runtime::StreamId stream, runtime::NetworkError why) override;

  void take(std::string_view text);
  void take_events();
  void finish();
  void end(std::expected<void, Error> how);

  runtime::Network& network_;
  CtlOptions options_;
  std::string token_;
  Print print_;
  OnEnd on_end_;
  runtime::StreamId stream_;
  bool is_open_ = true;
  bool has_head_ = false;               // of a stream of events
  std::string received_;                // the whole answer; of a stream what is not printed yet
};

}  // namespace swarmlab::client::control
