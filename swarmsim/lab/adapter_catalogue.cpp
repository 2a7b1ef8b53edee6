#include "swarmsim/lab/adapter_catalogue.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "protocol/spelling.hpp"
#include "swarmsim/lab/parse_adapter.hpp"

namespace swarmlab::swarmsim {
namespace {

constexpr std::size_t kMostBytes = 256 * 1024;

constexpr std::string_view kTemplate = R"(# How swarmsim starts, watches and stops this client; docs/adapters.md has every key.
adapter: 1
client: {0}
version: [{0}, --version]

# Parts of the protocol that it speaks, of fast (BEP 6), ext (BEP 10), magnet (BEP 9), pex (BEP 11).  Checks that need another
# are not applicable to it.
speaks: [ext]

# What it does when nobody tells it otherwise, as far as it is known.  Checks that judge by something else are not applicable.
declares:
  request_size: 16 KiB
  reaction_time: 1 s          # between what reached it and what it decides knowing that

# Settings of scenarios that it can be told: each is a word {{NAME}} below, or gives words for {{settings}}.
settings:
  upload_slots: {{ default: 4, words: [--upload-slots, '{{value}}'] }}

# Files that it wants to find: path and text.
# files:
#   '{{home}}/config.ini': |
#     port = {{port}}

# No DHT, no local discovery, no encryption, no uTP: the swarm is the scenario's, and what cannot be read cannot be judged.
leech: [{0}, --listen, '{{listen_ip}}:{{port}}', --dir, '{{dir}}', '{{settings}}', '{{source}}']
# seed: [...]                 # where it is started in another way with all of the content in {{dir}}

# When it may be given its torrent: it listens at {{port}}; or {{ file: PATH }}, or {{ log: TEXT }} that it prints.
ready: {{ port: true, within: 10 s }}
# add: [{0}-remote, add, '{{torrent}}']

# How it says that it is complete, if it does: {{ log: TEXT }}, {{ file: PATH }}, or {{ exit: 0 }} where it ends then.
# complete: {{ log: complete }}
stop: {{ signal: SIGTERM, within: 10 s }}
)";

}  // namespace

std::expected<Adapter, std::string> find_adapter(const std::string& name) {
  std::string text;
  std::string file = name;
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) {
    std::ifstream in(name, std::ios::binary);
    if (!in) return std::unexpected(fmt::format("{}: cannot be opened", name));
    for (std::istreambuf_iterator<char> at(in), end; at != end && text.size() <= kMostBytes; ++at) text += *at;
  } else {
    std::vector<std::string_view> names;
    for (const BuiltInAdapter& adapter : built_in_adapters()) {
      names.push_back(adapter.client);
      if (adapter.client == name) text = adapter.text;
    }
    if (text.empty())
      return std::unexpected(fmt::format("there is no adapter for a client '{}'{}; or give a file: ./{}.yaml", name,
                                         suggestion(name, names), name));
    file = fmt::format("adapter {}", name);
  }
  Diagnostics diagnostics;
  auto adapter = parse_adapter(text, diagnostics);
  if (adapter) {
    if (file == name) adapter->folder = std::filesystem::absolute(name).parent_path().string();
    return std::move(*adapter);
  }
  return std::unexpected(describe(file, diagnostics));
}

std::expected<std::string, std::string> adapter_to_begin_with(const std::string& name) {
  std::string text = fmt::format(kTemplate, name);
  Diagnostics diagnostics;
  if (parse_adapter(text, diagnostics)) return text;
  return std::unexpected(diagnostics.sorted().front().what);
}

}  // namespace swarmlab::swarmsim
