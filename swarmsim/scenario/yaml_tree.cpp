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

class TreeBuilder : public YAML::EventHandler {
 public:
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
    put(mark, anchor, YamlNode::Kind::scalar, value);
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

  void count(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor)
      throw Refused{position_of(mark), "an anchor (&name): scenarios have none; write the value out"};
    if (++nodes_ > kMaxYamlNodes)
      throw Refused{position_of(mark), fmt::format("more than {} values in one scenario", kMaxYamlNodes)};
  }

  void put(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind, std::string text) {
    count(mark, anchor);
    YamlNode node;
    node.kind = kind;
    node.at = position_of(mark);
    node.text = std::move(text);
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
    diagnostics.add({}, fmt::format("{} bytes; a scenario has at most {} KiB", text.size(),
                                    kMaxScenarioBytes / 1024));
    return std::nullopt;
  }
  // yaml-cpp takes a NUL for the end of the file and would overlook what follows.
  if (text.find('\0') != std::string_view::npos) {
    diagnostics.add({}, "holds a NUL byte; a scenario is a text");
    return std::nullopt;
  }
  std::istringstream in{std::string(text)};
  TreeBuilder builder;
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
                    fmt::format("is no YAML: {}", broken.msg));
    return std::nullopt;
  }
  return std::move(builder.root);
}

}  // namespace swarmlab::swarmsim
