//! Pictures that people have, and files that only claim to be pictures.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::{fs, io::Cursor, path::Path};

use common::{Folder, scenery};
use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageEncoder as _, ImageFormat, RgbImage, Rgba,
    codecs::png::PngEncoder,
};
use yume_media::{Fit, Frame, MediaError, read_picture};

const FORMATS: [ImageFormat; 5] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif];

fn encoded(frame: &Frame, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_raw(frame.width, frame.height, frame.rgb.to_vec()).unwrap();
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn every_format_is_known_by_its_content() {
    let folder = Folder::new("formats");
    let frame = scenery(48, 32, 0);
    for format in FORMATS {
        let path = folder.file("misnamed.txt", &encoded(&frame, format));
        let read = read_picture(&path).unwrap();
        assert_eq!((read.width, read.height), (48, 32), "{format:?}");
        // Phones append a second picture or a film.
        let longer = [encoded(&frame, format), b"appended".to_vec()].concat();
        assert!(read_picture(&folder.file("longer", &longer)).unwrap() == read, "{format:?}");
        // GIF has 256 colors, JPEG loses detail.
        let wanted = match format {
            ImageFormat::Gif | ImageFormat::Jpeg => 28.0,
            _ => f64::INFINITY,
        };
        let psnr = common::psnr(&frame, &read);
        assert!(psnr >= wanted, "{format:?} {psnr}");
    }
}

#[test]
fn transparency_is_laid_on_black() {
    let folder = Folder::new("alpha");
    let picture = ImageBuffer::from_fn(2, 1, |x, _| {
        if x == 0 { Rgba([200_u8, 100, 50, 128]) } else { Rgba([255, 255, 255, 0]) }
    });
    let path = folder.path("alpha.png");
    picture.save(&path).unwrap();
    let read = read_picture(&path).unwrap();
    assert_eq!([read.pixel(0, 0), read.pixel(1, 0)], [[100, 50, 25], [0, 0, 0]]);
}

#[test]
fn exif_orientation_sets_a_picture_upright() {
    let folder = Folder::new("exif");
    // Red is where the top left of the upright picture must come from, by EXIF 2.32, table 6.
    let table = [(1, 0), (2, 1), (3, 5), (4, 4), (5, 0), (6, 4), (7, 5), (8, 1)];
    for (orientation, red_at) in table {
        let mut rgb = vec![0; 2 * 3 * 3];
        rgb[red_at * 3] = 255;
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        let mut bytes = Vec::new();
        let mut encoder = PngEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.write_image(&rgb, 2, 3, ExtendedColorType::Rgb8).unwrap();
        let read = read_picture(&folder.file("exif.png", &bytes)).unwrap();
        let wanted = if orientation < 5 { (2, 3) } else { (3, 2) };
        assert_eq!((read.width, read.height), wanted, "orientation {orientation}");
        assert_eq!(read.pixel(0, 0), [255, 0, 0], "orientation {orientation}");
    }
}

/// A PNG that claims this size and holds no pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(&Frame::new(1, 1, vec![0; 3]), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = u32::MAX;
    for &byte in &bytes[12..29] {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

/// A valid PNG of black pixels: few bytes, many pixels.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![0; (width * height) as usize];
    let encoder = PngEncoder::new(&mut bytes);
    encoder.write_image(&pixels, width, height, ExtendedColorType::L8).unwrap();
    bytes
}

fn check_sentence(error: &MediaError, path: &Path) {
    let text = error.to_string();
    let path = path.display().to_string();
    assert!(text.ends_with(&format!(": {path}")), "{text}");
    let sentence = text.strip_suffix(&path).unwrap();
    assert!(!sentence.contains('\n') && sentence.len() > 20, "{text}");
}

#[test]
fn a_hostile_file_is_one_sentence() {
    let folder = Folder::new("hostile");
    let whole = scenery(256, 192, 0);
    let mut table = vec![
        ("empty.png", vec![], "empty"),
        ("header.png", png_header(65_535, 65_535), "too large"),
        ("nothing.png", png_header(0, 7), "damaged"),
        ("bomb.png", bomb(20_000, 8_000), "too large"),
        ("words.jpg", b"this is not a picture".to_vec(), "not a picture"),
        ("video.png", b"\0\0\0\x14ftypisom\0\0\0\0isom".to_vec(), "not a picture"),
    ];
    for (format, name) in FORMATS.into_iter().zip(["a.png", "a.jpg", "a.webp", "a.bmp", "a.gif"]) {
        let bytes = encoded(&whole, format);
        for percent in [3, 30, 60, 90] {
            table.push((name, bytes[..bytes.len() * percent / 100].to_vec(), "damaged"));
        }
    }
    for (name, bytes, wanted) in table {
        let path = folder.file(name, &bytes);
        let error = read_picture(&path).expect_err(name);
        assert!(error.to_string().contains(wanted), "{name}: {error}");
        check_sentence(&error, &path);
    }
    let missing = folder.path("missing.png");
    for (path, wanted) in [(missing.as_path(), "no such file"), (folder.root(), "folder")] {
        let error = read_picture(path).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        check_sentence(&error, path);
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let folder = Folder::new("flips");
    let frame = scenery(24, 16, 0);
    let mut random = 1_u64;
    let mut refused = 0;
    for format in FORMATS {
        let whole = encoded(&frame, format);
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (random >> 33) as usize % bytes.len();
                bytes[at] = (random >> 25) as u8;
            }
            let path = folder.file("flipped", &bytes);
            match read_picture(&path) {
                Ok(read) => assert_eq!(read.rgb.len() as u32, 3 * read.width * read.height),
                Err(error) => {
                    check_sentence(&error, &path);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100, "only {refused} of 750 were refused");
}

#[test]
fn a_png_replaces_an_older_one_in_one_step() {
    let folder = Folder::new("atomic");
    let path = folder.file("shot.png", b"older");
    let frame = scenery(33, 17, 4);
    frame.write_png(&path).unwrap();
    assert!(read_picture(&path).unwrap() == frame);
    assert_eq!(folder.names(), ["shot.png"], "no draft stays behind");
    let nowhere = folder.path("none/shot.png");
    let error = frame.write_png(&nowhere).unwrap_err();
    assert!(matches!(error, MediaError::Create { .. }), "{error}");
    let error = frame.write_png(folder.root()).unwrap_err();
    assert!(matches!(error, MediaError::Folder(_)), "{error}");
    fs::remove_file(path).unwrap();
}

#[test]
fn fitting_stretches_or_crops() {
    // Left half red, right half blue, with one green column at each side.
    let rgb = |x: u32| match x {
        0..10 | 190..200 => [0, 255, 0],
        10..100 => [255, 0, 0],
        _ => [0, 0, 255],
    };
    let pixels = (0..50).flat_map(|_| (0..200).flat_map(rgb)).collect();
    let wide = Frame::new(200, 50, pixels);
    let stretched = wide.fit(40, 20, Fit::Stretch);
    assert_eq!((stretched.width, stretched.height), (40, 20));
    assert_eq!([stretched.pixel(0, 9), stretched.pixel(39, 9)], [[0, 255, 0]; 2]);
    let cropped = wide.fit(40, 20, Fit::Crop);
    assert_eq!([cropped.pixel(0, 0), cropped.pixel(39, 19)], [[255, 0, 0], [0, 0, 255]]);
    assert!(wide.fit(200, 50, Fit::Crop) == wide);
    for (width, height) in [(1, 1), (1, 300), (300, 1), (7, 5)] {
        for fit in [Fit::Stretch, Fit::Crop] {
            let fitted = wide.fit(width, height, fit);
            assert_eq!((fitted.width, fitted.height), (width, height));
        }
    }
}

#[test]
fn shrinking_averages_instead_of_skipping() {
    let checks = (0..128 * 128).flat_map(|i| [((i + i / 128) % 2 * 255) as u8; 3]).collect();
    let small = Frame::new(128, 128, checks).fit(16, 16, Fit::Stretch);
    let worst = small.rgb.iter().map(|&c| c.abs_diff(128)).max().unwrap();
    assert!(worst <= 4, "a fine checkerboard is gray from afar, yet some pixel is {worst} off");
}
