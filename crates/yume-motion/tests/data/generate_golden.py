"""Makes golden.safetensors for tests/golden.rs from the small world's golden segments.

    python generate_golden.py golden_segment.safetensors golden.safetensors

The pictures, poses and warped frames of the two segments are copied (of the warped values every 101st, so that all frames,
rows and columns are touched). The `tilted` cases are computed here with PyTorch in f32, because both segments are level:
six poses with pitch and sideways steps, over a crop of another size than the model's.
"""

import math
import sys

import torch
from safetensors.torch import load_file, save_file

EVERY = 101


def warp(picture, pose, p0):
    """The warp of the small world's README, step 3."""
    _, height, width = picture.shape
    x, y, yaw, p = (torch.tensor(float(v)) for v in pose)
    p0 = torch.tensor(float(p0))
    tf = math.tan(math.radians(78.0) / 2)
    column = torch.arange(width, dtype=torch.float32)
    row = torch.arange(height, dtype=torch.float32)
    vx = (((column + 0.5) / width * 2 - 1) * tf)[None, :]
    vy = (-((row + 0.5) / height * 2 - 1) * tf * height / width)[:, None]
    dx = yaw.cos() * p.cos() + yaw.sin() * vx - yaw.cos() * p.sin() * vy
    dy = yaw.sin() * p.cos() - yaw.cos() * vx - yaw.sin() * p.sin() * vy
    dz = (p.sin() + p.cos() * vy).expand_as(dx)
    ground = torch.where(dz < -1e-4, 1.7 / (-dz).clamp(min=1e-4), torch.tensor(1e9))
    a, b, c = dx**2 + dy**2, x * dx + y * dy, x**2 + y**2 - 900.0
    t = torch.minimum(ground, (-b + (b**2 - a * c).clamp(min=0).sqrt()) / a)
    qx, qy, qz = x + t * dx, y + t * dy, t * dz
    z = (qx * p0.cos() + qz * p0.sin()).clamp(min=3.0)
    u = (-qy / z / tf).clamp(-3, 3)
    v = (-(-qx * p0.sin() + qz * p0.cos()) / z / (tf * height / width)).clamp(-1, 1)
    return torch.nn.functional.grid_sample(
        picture[None], torch.stack([u, v], -1)[None], mode="bilinear", padding_mode="reflection", align_corners=False
    )[0]


def main():
    source, target = sys.argv[1:]
    golden = load_file(source)
    start = golden["start_pixels"]
    out = {
        "start_bytes": ((start + 1) * 127.5).round().to(torch.uint8),
        "seg0.last_frame": golden["seg0.frames"][:, -1].contiguous(),
    }
    for segment in ("seg0", "seg1"):
        out[f"{segment}.poses"] = golden[f"{segment}.poses"]
        out[f"{segment}.end_velocity_pitch"] = golden[f"{segment}.end_velocity_pitch"]
        out[f"{segment}.warp_sampled"] = golden[f"{segment}.warp"].flatten()[::EVERY].contiguous()
    error = (out["start_bytes"].float() / 127.5 - 1 - start).abs().max()
    assert error < 1e-6, error

    crop = start[:, 24:43, 10:40].contiguous()
    poses = torch.tensor(
        # x, y, yaw, pitch, pitch of the last picture
        [
            [1.2, 0.0, 0.0, 0.12, 0.05],
            [-2.0, 0.4, -0.3, -0.2, 0.1],
            [0.0, -2.5, 0.0, 0.0, -0.24],
            [2.5, 1.5, 1.4, 0.2, 0.0],
            [0.0, 0.0, -2.6, 0.1, 0.2],
            [3.0, -3.0, 0.5, -0.24, -0.2],
        ]
    )
    out["tilted.crop"] = crop
    out["tilted.poses"] = poses
    out["tilted.warp"] = torch.stack([warp(crop, pose[:4], pose[4]) for pose in poses])
    check = torch.stack([warp(start, pose, 0.0) for pose in golden["seg0.poses"]], 1)
    print("this warp against the golden segment:", (check - golden["seg0.warp"]).abs().max().item())
    save_file(out, target)


main()
