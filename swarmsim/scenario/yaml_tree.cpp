#include "swarmsim/scenario/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace swarmlab::swarmsim {
namespace {

Position position_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Ends yaml-cpp's parse from within an event; never leaves this file.
struct Refused {
  Position at;
  std::string what;
};

// Line `number` of the text, from 0, without its end.
std::string_view line_of(std::string_view text, int number) {
  for (; number > 0; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// yaml-cpp takes the end of the file for the end of a quoted text.  `from` begins with the quote.
bool is_closed(std::string_view from) {
  const char quote = from.front();
  for (std::size_t i = 1; i < from.size(); ++i) {
    const bool is_doubled = quote == '\'' && from.substr(i, 2) == "''";
    if (is_doubled || (quote == '"' && from[i] == '\\')) ++i;
    else if (from[i] == quote) return true;
  }
  return false;
}

// yaml-cpp says which token it missed; what people did is one of a few things.
std::string in_words(std::string_view text, const YAML::Exception& broken) {
  if (broken.mark.is_null()) return broken.msg;
  const std::string_view line = line_of(text, broken.mark.line);
  const std::string_view indentation = line.substr(0, std::min(line.size(), line.find_first_not_of(" \t")));
  if (indentation.find('\t') != std::string_view::npos) return "a tab in the indentation; use blanks";
  if (broken.msg == YAML::ErrorMsg::MAP_VALUE) {
    const std::string_view before = line.substr(0, static_cast<std::size_t>(std::max(0, broken.mark.column)));
    if (before.find(": ") != std::string_view::npos)
      return "a second ': ' in one line; a text that has one in it goes in quotes";
    return "a colon that nothing explains here; the line before may lack the blank behind its own, or be indented otherwise";
  }
  if (broken.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || broken.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW)
    return "by here a bracket that was opened before should be closed";
  if (broken.msg == YAML::ErrorMsg::FLOW_END) return "a bracket is closed that was not opened";
  if (broken.msg == YAML::ErrorMsg::END_OF_MAP || broken.msg == YAML::ErrorMsg::END_OF_SEQ)
    return "this line is indented neither like the one before nor like one further up";
  return broken.msg;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  YamlNode root;
  bool has_root = false;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    put(mark, anchor, YamlNode::Kind::empty, {});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{position_of(mark), "an alias (*name): scenarios have none; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    refuse_open_quote(mark, tag);
    put(mark, anchor, YamlNode::Kind::scalar, value, column_of_text(mark, tag));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(mark, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(mark, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  // Containers under construction, outermost first; a container joins its parent when it ends.
  struct Open {
    YamlNode node;
    bool key_pending = false;
  };

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Refused{position_of(mark), fmt::format("a tag ({}): scenarios have none", tag)};
  }

  void refuse_open_quote(const YAML::Mark& mark, const std::string& tag) const {
    if (tag != "!") return;   // which yaml-cpp gives to all that is not plain
    const std::string_view line = line_of(text_, mark.line);
    const auto column = static_cast<std::size_t>(mark.column);
    if (column >= line.size() || (line[column] != '"' && line[column] != '\'')) return;
    const auto offset = static_cast<std::size_t>(line.data() - text_.data()) + column;
    if (!is_closed(text_.substr(offset))) throw Refused{position_of(mark), "a quote that is never closed"};
  }

  void count(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor)
      throw Refused{position_of(mark), "an anchor (&name): scenarios have none; write the value out"};
    if (++nodes_ > kMaxYamlNodes)
      throw Refused{position_of(mark), fmt::format("more than {} values in one scenario", kMaxYamlNodes)};
  }

  // Columns to the text of a scalar: none where it is plain, one where it is quoted; a block stands elsewhere.
  std::optional<int> column_of_text(const YAML::Mark& mark, const std::string& tag) const {
    if (tag != "!") return 0;
    const std::string_view line = line_of(text_, mark.line);
    const auto column = static_cast<std::size_t>(mark.column);
    return column < line.size() && (line[column] == '"' || line[column] == '\'') ? std::optional(1) : std::nullopt;
  }

  void put(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind, std::string text,
           std::optional<int> text_column = std::nullopt) {
    count(mark, anchor);
    YamlNode node;
    node.kind = kind;
    node.at = kind == YamlNode::Kind::empty ? place_of_nothing(mark) : position_of(mark);
    node.text = std::move(text);
    node.text_column = text_column;
    add(std::move(node));
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    count(mark, anchor);
    if (open_.size() >= kMaxYamlDepth)
      throw Refused{position_of(mark), fmt::format("nested more than {} deep", kMaxYamlDepth)};
    if (expects_key())
      throw Refused{position_of(mark), "a list or map as a key; keys are plain words"};
    Open opened;
    opened.node.kind = kind;
    opened.node.at = position_of(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    YamlNode done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  // The mark of a value that is not there is that of what follows; it is looked for at its key.
  Position place_of_nothing(const YAML::Mark& mark) const {
    return !open_.empty() && open_.back().key_pending ? open_.back().node.key_at.back() : position_of(mark);
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().key_pending;
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root = std::move(node);
      has_root = true;
      return;
    }
    Open& parent = open_.back();
    if (expects_key()) {
      if (node.kind != YamlNode::Kind::scalar) throw Refused{node.at, "an empty key"};
      const auto same = std::ranges::find(parent.node.keys, node.text);
      if (same != parent.node.keys.end()) {
        const Position first = parent.node.key_at[static_cast<std::size_t>(same - parent.node.keys.begin())];
        throw Refused{node.at, fmt::format("'{}' stands here a second time (first in line {}); a key comes once",
                                           node.text, first.line)};
      }
      parent.node.key_at.push_back(node.at);
      parent.node.keys.push_back(std::move(node.text));
      parent.key_pending = true;
      return;
    }
    parent.key_pending = false;
    parent.node.items.push_back(std::move(node));
  }

  std::string_view text_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

class Nothing : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == key) return &items[i];
  return nullptr;
}

std::string_view to_string(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::empty: return "nothing";
    case YamlNode::Kind::scalar: return "a single value";
    case YamlNode::Kind::list: return "a list";
    case YamlNode::Kind::map: return "a map";
  }
  return "";
}

std::optional<YamlNode> parse_yaml(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > kMaxScenarioBytes) {
    diagnostics.add({}, fmt::format("is longer than {} KiB, the most that a scenario may have", kMaxScenarioBytes / 1024));
    return std::nullopt;
  }
  // yaml-cpp takes a NUL for the end of the file and would overlook what follows.
  if (text.find('\0') != std::string_view::npos) {
    diagnostics.add({}, "holds a NUL byte; a scenario is a text");
    return std::nullopt;
  }
  std::istringstream in{std::string(text)};
  TreeBuilder builder(text);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder) || !builder.has_root) {
      diagnostics.add({}, "is empty; the smallest scenario has format, scenario, limit, torrent, peers and checks");
      return std::nullopt;
    }
    Nothing nothing;
    if (parser.HandleNextDocument(nothing)) {
      diagnostics.add({}, "holds several YAML documents (---); one file is one scenario");
      return std::nullopt;
    }
  } catch (const Refused& refused) {
    diagnostics.add(refused.at, refused.what);
    return std::nullopt;
  } catch (const YAML::Exception& broken) {
    diagnostics.add(broken.mark.is_null() ? Position{} : position_of(broken.mark),
                    fmt::format("is no YAML: {}", in_words(text, broken)));
    return std::nullopt;
  }
  return std::move(builder.root);
}

std::string to_flow(const YamlNode& node) {
  const auto quoted = [](const std::string& text) {
    std::string flow = "\"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') flow.append(1, '\\').append(1, c);
      else if (byte < 0x20) flow += fmt::format("\\x{:02x}", byte);
      else flow += c;
    }
    return flow + "\"";
  };
  std::string flow;
  switch (node.kind) {
    case YamlNode::Kind::empty: return "~";
    case YamlNode::Kind::scalar: return quoted(node.text);
    case YamlNode::Kind::list:
      for (const YamlNode& item : node.items) flow += (flow.empty() ? "" : ", ") + to_flow(item);
      return "[" + flow + "]";
    case YamlNode::Kind::map:
      for (std::size_t i = 0; i < node.items.size(); ++i)
        flow += fmt::format("{}{}: {}", flow.empty() ? "" : ", ", quoted(node.keys[i]), to_flow(node.items[i]));
      return "{" + flow + "}";
  }
  return flow;
}

}  // namespace swarmlab::swarmsim
