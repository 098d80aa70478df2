#!/bin/sh
# Makes the videos in this folder, with ffmpeg 5.1 and x264. Frame n is gray with luma 16 + 9 n, so that a test can tell
# which frame it sees.
set -e
cd "$(dirname "$0")"
gray="-f lavfi -i color=black:s=64x48:r=16,geq=lum=16+9*N:cb=128:cr=128 -frames:v 24 -pix_fmt yuv420p"
x264="-c:v libx264 -qp 12 -fflags +bitexact -flags +bitexact -map_metadata -1"
ffmpeg -y -v error $gray $x264 -x264-params bframes=3:b-pyramid=2:b-adapt=0:keyint=12:scenecut=0 b_frames.mp4
ffmpeg -y -v error $gray $x264 -bf 0 -g 8 -movflags frag_keyframe+empty_moov fragments.mp4
ffmpeg -y -v error $gray $x264 -bf 0 -g 8 lying.mp4
ffmpeg -y -v error -i lying.mp4 -c copy -fflags +bitexact -metadata:s:v:0 rotate=90 upright.mp4
rm lying.mp4
vp9="-c:v libvpx-vp9 -crf 10 -b:v 0 -g 8 -fflags +bitexact -flags +bitexact -map_metadata -1"
ffmpeg -y -v error $gray $vp9 vp9.webm
ffmpeg -y -v error $gray -c:v libx265 -x265-params log-level=none -frames:v 2 hevc.mp4
