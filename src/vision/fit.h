// Brings pictures to the size that a model reads.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "vision/decode.h"
#include "vision/image.h"

namespace attend::vision {

/// The largest height and width that pictures can be brought to, in pixels.
inline constexpr int kMaximumFittedSide = 4096;

/// Says what is done where a picture and the wanted size differ in shape.
enum class Fit {
  kCrop,     ///< the middle of the picture is kept; what goes beyond the shape is cut off
  kStretch,  ///< the whole picture is kept, and its proportions change
  kPad       ///< the whole picture is kept in the middle, with white beside it
};

inline constexpr std::array<Fit, 3> kFits = {Fit::kCrop, Fit::kStretch, Fit::kPad};

/// Returns "crop", "stretch" or "pad".
std::string_view fit_name(Fit fit);
/// The inverse of fit_name(). Throws UsageError, which lists the three names, for any other name.
Fit parse_fit(std::string_view name);

/// A rectangle of whole pixels, at least 1 × 1.
struct Box {
  int top = 0;
  int left = 0;
  Size size;
  friend bool operator==(const Box&, const Box&) = default;
};

/// How a picture becomes one of another size: the pixels `from` of the picture become the pixels
/// `to` of the result. The others of the result are white.
struct Placement {
  Box from;
  Box to;
};

/// Returns the placement of a picture of the size `picture` in one of the size `wanted`, both at
/// least 1 × 1. A middle that is not whole is rounded towards top and left.
Placement place(Size picture, Size wanted, Fit fit);

/// Returns the part `box` of a picture in the size `wanted`, from 1 × 1 to kMaximumFittedSide each.
/// `box` must lie within the picture.
///
/// Each side is resized by itself. With in and out pixels, the value of pixel o is the mean of the
/// pixels i, weighted by max(0, max(in, out) − |(i + ½) · out − (o + ½) · in|): bilinear
/// interpolation where the side grows, and a triangle as wide as two pixels of the result where it
/// shrinks, so that every pixel counts and nothing flickers. Computed with whole numbers: results
/// are equal on all processors, a picture of one colour keeps it, and a picture that has the wanted
/// size stays as it is. Thread-safe.
Image resize(const Image& image, const Box& box, Size wanted);

/// Returns the picture in the size `wanted`, from 1 × 1 to kMaximumFittedSide each. Thread-safe.
Image fit_image(const Image& image, Size wanted, Fit fit);

/// Says what a model reads of pictures: their size and shape.
struct FitOptions {
  Size size = {128, 128};  ///< from 1 × 1 to kMaximumFittedSide each
  Fit fit = Fit::kCrop;
  ImageLimits limits = {};
};

/// Decodes a picture and fits it. A JPEG of at least four times the wanted height and width is
/// decoded at a half of its size or less (DecodeOptions::least), and never below twice the wanted
/// size. Throws ImageError as decode_image() does. Thread-safe.
Image decode_fitted(std::span<const std::uint8_t> bytes, const std::string& name,
                    const FitOptions& options);

}  // namespace attend::vision
