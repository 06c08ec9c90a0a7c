"""The compact networks, with the parameter names of the published checkpoints.

Backbone: NAFNet blocks in a U-shape, each level modulated by the degradation embedding (LoRA-IR's
DAM), in the decoder too and with an added shift. Router: a global branch on the whole image, a local
branch on windows at native resolution, and an MLP as in the paper's DG-Router.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F

EMBEDDING_SIZE = 64

BACKBONE_CONFIG = {
    "imageChannels": 3,
    "width": 24,
    "encoderBlocks": [1, 1, 2],
    "middleBlocks": 2,
    "decoderBlocks": [1, 1, 1],
    "embeddingSize": EMBEDDING_SIZE,
    "modulator": {
        "hiddenSize": 32,
        "bottleneckDivisor": 16,
        "minimumBottleneck": 4,
        "decoder": True,
        "shift": True,
    },
    "expertTargets": "pointwise",
}

ROUTER_CONFIG = {
    "architecture": "limpid.router",
    "windowSize": 96,
    "sceneSize": 256,
    "detail": {"widths": [24, 48, 64, 64], "strides": [2, 2, 2, 1], "kernelSizes": [5, 3, 3, 3], "pooled": [3]},
    "scene": {
        "widths": [24, 48, 96, 96, 96, 96, 96, 96, 96],
        "strides": [2, 2, 2, 1, 1, 2, 1, 1, 1],
        "kernelSizes": [5, 3, 3, 3, 3, 3, 3, 3, 3],
        "pooled": [4, 8],
    },
    "hiddenSize": 96,
    "embeddingSize": EMBEDDING_SIZE,
    "classifierSize": 160,
}


def normalized(x, weight, bias):
    """Over channels at each pixel, eps 1e-6."""
    return F.layer_norm(x.permute(0, 2, 3, 1), weight.shape, weight, bias, 1e-6).permute(0, 3, 1, 2)

#: Layers of the scene's encoder that add to what they are given.
RESIDUAL = (3, 4)
#: Share of the router's features that each step of its training does without.
FORGOTTEN = 0.2


class LayerNorm2d(nn.Module):
    """Normalises over channels at each pixel."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return normalized(x, self.weight, self.bias)


class Convolution(nn.Module):
    """A convolution whose weight may carry low-rank deltas, set by :func:`use_experts`."""

    def __init__(self, in_channels, out_channels, kernel=1, stride=1, padding=0, groups=1, bias=True):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, groups=groups, bias=bias)
        self.delta = None

    def weight(self):
        """The weight as it acts: the layer's own, and the delta of the experts."""
        return self.conv.weight if self.delta is None else self.conv.weight + self.delta()

    def forward(self, x):
        c = self.conv
        return F.conv2d(x, self.weight(), c.bias, c.stride, c.padding, c.dilation, c.groups)


def naf_block(x, w1, b1, w2, b2, w3, b3, ws, bs, w4, b4, w5, b5, norm1, bias1, norm2, bias2, beta, gamma):
    """What :class:`NAFBlock` computes, of its weights; apart, so that it can be compiled once for all blocks of a size."""
    c = x.shape[1]
    a, b = F.conv2d(F.conv2d(normalized(x, norm1, bias1), w1, b1), w2, b2, padding=1, groups=2 * c).chunk(2, 1)
    u = a * b
    u = u * F.conv2d(u.mean((2, 3), keepdim=True), ws, bs)
    y = x + F.conv2d(u, w3, b3) * beta
    a, b = F.conv2d(normalized(y, norm2, bias2), w4, b4).chunk(2, 1)
    return y + F.conv2d(a * b, w5, b5) * gamma


def modulated(x, gate, shift, norm, bias, beta):
    """What :class:`Stage` does to its input, likewise."""
    return x + beta * (normalized(x, norm, bias) * gate) + shift


class Compiled:
    """What computes blocks and modulation while they learn: these functions, or those compiled by :func:`compile_networks`."""

    block, modulation = staticmethod(naf_block), staticmethod(modulated)


def compile_networks() -> None:
    """A quarter less time a step, for half a minute at the start; each size of features is compiled once."""
    torch._dynamo.config.recompile_limit = 64
    Compiled.block, Compiled.modulation = (torch.compile(f, dynamic=False) for f in (naf_block, modulated))


class NAFBlock(nn.Module):
    def __init__(self, c: int):
        super().__init__()
        self.conv1 = Convolution(c, 2 * c)
        self.conv2 = Convolution(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.conv3 = Convolution(c, c)
        self.sca = nn.ModuleList([nn.Identity(), Convolution(c, c)])
        self.conv4 = Convolution(c, 2 * c)
        self.conv5 = Convolution(c, c)
        self.norm1 = LayerNorm2d(c)
        self.norm2 = LayerNorm2d(c)
        self.beta = nn.Parameter(torch.zeros(1, c, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, c, 1, 1))

    def forward(self, x):
        convolutions = (self.conv1, self.conv2, self.conv3, self.sca[1], self.conv4, self.conv5)
        weights = [tensor for layer in convolutions for tensor in (layer.weight(), layer.conv.bias)]
        norms = (self.norm1.weight, self.norm1.bias, self.norm2.weight, self.norm2.bias)
        compute = Compiled.block if torch.is_grad_enabled() else naf_block
        return compute(x, *weights, *norms, self.beta, self.gamma)


class Stage(nn.Module):
    """A modulator and the NAFNet blocks of one level.

    x' = x + beta * (LN(x) * g) + shift(u), u = GELU(conv1(e)), g = sigmoid(conv4(ReLU(conv3(conv2(u))))).
    """

    def __init__(self, channels: int, blocks: int, config):
        super().__init__()
        hidden = config["hiddenSize"]
        bottleneck = max(config["minimumBottleneck"], channels // config["bottleneckDivisor"])
        self.blocks = nn.ModuleList([NAFBlock(channels) for _ in range(blocks)])
        self.conv1 = Convolution(EMBEDDING_SIZE, hidden)
        self.conv2 = Convolution(hidden, channels)
        self.conv3 = Convolution(channels, bottleneck)
        self.conv4 = Convolution(bottleneck, channels)
        self.norm = LayerNorm2d(channels)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.shift = Convolution(hidden, channels)
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            nn.init.kaiming_normal_(layer.conv.weight, nonlinearity="relu")
        nn.init.zeros_(self.shift.conv.weight)
        nn.init.zeros_(self.shift.conv.bias)

    def forward(self, x, e):
        u = F.gelu(self.conv1(e))
        g = torch.sigmoid(self.conv4(F.relu(self.conv3(self.conv2(u)))))
        compute = Compiled.modulation if torch.is_grad_enabled() else modulated
        x = compute(x, g, self.shift(u), self.norm.weight, self.norm.bias, self.beta)
        for block in self.blocks:
            x = block(x)
        return x


class Backbone(nn.Module):
    """image [n, 3, h, w] in 0..1 and embedding [n, 64] -> restored image, same shape, not clipped."""

    def __init__(self, config=BACKBONE_CONFIG):
        super().__init__()
        width, modulator = config["width"], config["modulator"]
        e = config["embeddingSize"]
        self.config = config
        self.intro = Convolution(3, width, 3, padding=1)
        self.ending = Convolution(width, 3, 3, padding=1)
        self.intro_de = nn.ModuleList([Convolution(e, e), nn.Identity(), Convolution(e, e)])
        # PyTorch's default halves the signal at each of these layers, and conditioning then starts thousands of steps late.
        for index in (0, 2):
            nn.init.kaiming_normal_(self.intro_de[index].conv.weight, nonlinearity="relu")
        self.encoders, self.decoders = nn.ModuleList(), nn.ModuleList()
        self.ups, self.downs = nn.ModuleList(), nn.ModuleList()
        c = width
        for blocks in config["encoderBlocks"]:
            self.encoders.append(Stage(c, blocks, modulator))
            self.downs.append(Convolution(c, 2 * c, 2, 2))
            c *= 2
        self.middle_blks = Stage(c, config["middleBlocks"], modulator)
        for blocks in config["decoderBlocks"]:
            self.ups.append(nn.ModuleList([Convolution(c, 2 * c, bias=False)]))
            c //= 2
            self.decoders.append(Stage(c, blocks, modulator))
        self.stride = 2 ** len(self.encoders)

    def forward(self, image, embedding):
        h, w = image.shape[-2:]
        image = F.pad(image, (0, -w % self.stride, 0, -h % self.stride))
        e = embedding[:, :, None, None]
        e = F.gelu(self.intro_de[2](F.gelu(self.intro_de[0](e))))
        x = self.intro(image)
        skips = []
        for encoder, down in zip(self.encoders, self.downs):
            x = encoder(x, e)
            skips.append(x)
            x = down(x)
        x = self.middle_blks(x, e)
        for decoder, up, skip in zip(self.decoders, self.ups, reversed(skips)):
            x = decoder(F.pixel_shuffle(up[0](x), 2) + skip, e)
        return (self.ending(x) + image)[..., :h, :w]


class NormalizedConvolution(nn.Module):
    """A convolution and its batch normalisation; :meth:`folded` is the one convolution that ships.

    A ``residual`` one adds to what it is given, and begins as nothing, so that a network can be made deeper while it learns.
    """

    def __init__(self, in_channels, out_channels, kernel, stride, residual=False):
        super().__init__()
        self.residual = residual
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")
        if residual:
            nn.init.zeros_(self.norm.weight)

    def forward(self, x):
        y = self.norm(self.conv(x))
        return x + y if self.residual else y

    def folded(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight and bias with the running statistics multiplied in; what is added is one in the middle of the kernel."""
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        weight = self.conv.weight * scale[:, None, None, None]
        if self.residual:
            middle = weight.shape[-1] // 2
            weight[:, :, middle, middle] += torch.eye(len(weight), device=weight.device)
        return weight, self.norm.bias - self.norm.running_mean * scale


class Encoder(nn.Module):
    """A stack of strided convolutions; of the layers ``pooled`` it returns mean, deviation and maximum of each channel: [n, f]."""

    def __init__(self, config, residual=()):
        super().__init__()
        layers, c = [], 6
        for index, (width, stride, kernel) in enumerate(zip(config["widths"], config["strides"], config["kernelSizes"])):
            layers.append(NormalizedConvolution(c, width, kernel, stride, index in residual))
            c = width
        self.layers = nn.ModuleList(layers)
        self.pooled = set(config["pooled"])
        self.features = 3 * sum(config["widths"][i] for i in config["pooled"])

    def forward(self, x):
        return self.pooled_and_map(x)[0]

    def pooled_and_map(self, x):
        """The features [n, f], and the last layer's output [n, c, h', w']."""
        # Noise, blocking and blur live in what a 3 x 3 mean takes away; given apart, the first layer need not find it.
        detail = x - F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        x = torch.cat(((x - 0.5) * 4, detail * 20), 1)
        features = []
        for index, layer in enumerate(self.layers):
            x = F.relu(layer(x))
            if index in self.pooled:
                features += pool(x.float())
        return torch.cat(features, 1), x


def pool(x):
    """Mean, deviation and maximum of each channel [n, c, h, w] -> three of [n, c]: what fills an image, varies in it, is rare in it."""
    mean = x.mean((2, 3))
    deviation = torch.sqrt((x - mean[:, :, None, None]).square().mean((2, 3)) + 1e-5)
    return [mean, deviation, x.amax((2, 3))]


class Router(nn.Module):
    """Native windows and the scene -> (logits [n, 10], embedding [n, 64]).

    The paper's two branches: a local one on windows at native resolution, where noise, blocking and blur are, and a global one on the
    whole image reduced to ``sceneSize``, where drops, haze, shadows and creases have one size whatever the photograph's.
    """

    def __init__(self, degradations: int, config=ROUTER_CONFIG):
        super().__init__()
        self.config = config
        self.detail_encoder = Encoder(config["detail"])
        self.scene_encoder = Encoder(config["scene"], RESIDUAL)
        features = 2 * self.detail_encoder.features + self.scene_encoder.features
        self.norm = nn.BatchNorm1d(features)
        self.de_extractor = nn.ModuleList(
            [nn.Linear(features, config["hiddenSize"]), nn.Identity(), nn.Linear(config["hiddenSize"], config["embeddingSize"])]
        )
        # The classifier sees the features too: what the backbone need not know to repair may still tell a fault apart.
        self.cls_head = nn.ModuleList(
            [nn.Linear(features, config["classifierSize"]), nn.Dropout(0.1), nn.Linear(config["classifierSize"], degradations)]
        )
        # Trained beside the classifier so that its features know how bad it is, and where; not shipped.
        self.severity_head = nn.Linear(config["classifierSize"], degradations)
        self.place_head = nn.Conv2d(config["scene"]["widths"][-1], degradations, 1)

    def forward(self, windows, scene):
        """windows [n, k, 3, s, s]; scene [n, 3, h, w]."""
        features, _ = self.look(windows, scene)
        return self.classify(features), self.embed(features)

    def learn(self, windows, scene):
        """For training: logits [n, 10], severities [n, 10] before the sigmoid, and logits of each cell of the scene [n, 10, h', w']."""
        features, seen = self.look(windows, scene)
        # Few photographs have faults by nature. Whole scenes are not to be learnt by heart.
        hidden = self.cls_head[1](F.gelu(self.cls_head[0](F.dropout(features, FORGOTTEN, self.training))))
        return self.cls_head[2](hidden), self.severity_head(hidden), self.place_head(seen)

    def look(self, windows, scene):
        """What both encoders see, normalised over the training set, [n, f], and the scene's last map."""
        n, k = windows.shape[:2]
        local = self.detail_encoder(windows.flatten(0, 1)).view(n, k, -1)
        features, seen = self.scene_encoder.pooled_and_map(scene)
        return self.norm(torch.cat((local.mean(1), local.amax(1), features), 1).float()), seen

    def classify(self, features):
        """Logits [n, degradations] of what :meth:`look` saw."""
        return self.cls_head[2](F.gelu(self.cls_head[0](features)))

    def embed(self, features):
        """The degradation embedding [n, 64] of it."""
        return F.gelu(self.de_extractor[2](F.gelu(self.de_extractor[0](features))))


def window_origins(size: int, window: int, limit: int = 3) -> list[int]:
    """Evenly spread starts of native windows along one side: as many as fit without overlap, 3 at most."""
    if size <= window:
        return [0]
    count = min(limit, -(-size // window))
    return [round(i * (size - window) / (count - 1)) if count > 1 else 0 for i in range(count)]


def window_corners(size, config=ROUTER_CONFIG) -> list[tuple[int, int]]:
    """(y, x) of each native window of an image of size (h, w)."""
    h, w = size
    return [(y, x) for y in window_origins(h, config["windowSize"]) for x in window_origins(w, config["windowSize"])]


def windows_at(image: torch.Tensor, corners, config=ROUTER_CONFIG) -> torch.Tensor:
    """image [n, 3, h, w] -> [n, k, 3, s, s]; small sides are repeated up."""
    s = config["windowSize"]
    h, w = image.shape[-2:]
    if h < s or w < s:
        image = F.pad(image, (0, max(0, s - w), 0, max(0, s - h)), mode="replicate")
    return torch.stack([image[:, :, y : y + s, x : x + s] for y, x in corners], 1)


def scene_size(h: int, w: int, config=ROUTER_CONFIG) -> tuple[int, int]:
    """(h, w) of the scene: the long side reduced to ``sceneSize``; a smaller image stays as it is."""
    scale = min(1.0, config["sceneSize"] / max(h, w))
    return max(1, round(h * scale)), max(1, round(w * scale))


def scene_of(image: torch.Tensor, config=ROUTER_CONFIG) -> torch.Tensor:
    """image [n, 3, h, w] -> [n, 3, h', w'], reduced by exact area averaging."""
    import cv2

    h, w = scene_size(*image.shape[-2:], config)
    if (h, w) == tuple(image.shape[-2:]):
        return image
    scenes = [cv2.resize(x.permute(1, 2, 0).contiguous().numpy(), (w, h), interpolation=cv2.INTER_AREA) for x in image.cpu()]
    return torch.stack([torch.from_numpy(x).permute(2, 0, 1) for x in scenes]).to(image)


def views(image: torch.Tensor, config=ROUTER_CONFIG):
    """image [n, 3, h, w] -> (windows [n, k, 3, s, s], scene [n, 3, h', w'])."""
    return windows_at(image, window_corners(image.shape[-2:], config), config), scene_of(image, config)


class Experts(nn.Module):
    """One rank-r expert per name on the 1x1 convolutions of the NAFNet blocks."""

    def __init__(self, backbone: Backbone, names, rank=4, alpha=8):
        super().__init__()
        self.names, self.rank, self.alpha = list(names), rank, alpha
        self.targets = [
            name
            for name, module in backbone.named_modules()
            if isinstance(module, Convolution)
            and ".blocks." in name
            and module.conv.kernel_size == (1, 1)
        ]
        modules = dict(backbone.named_modules())
        self.lora_a, self.lora_b = nn.ParameterList(), nn.ParameterList()
        for target in self.targets:
            weight = modules[target].conv.weight
            a = torch.empty(len(self.names), rank, weight.shape[1])
            nn.init.kaiming_uniform_(a.view(-1, weight.shape[1]), a=5**0.5)
            self.lora_a.append(nn.Parameter(a))
            self.lora_b.append(nn.Parameter(torch.zeros(len(self.names), weight.shape[0], rank)))

    def delta(self, index: int, mixture: torch.Tensor) -> torch.Tensor:
        """sum_i p_i (alpha / r) B_i A_i for one target, as a [out, in, 1, 1] kernel; mixture [experts]."""
        product = torch.einsum("e,eor,eri->oi", mixture, self.lora_b[index], self.lora_a[index])
        return product[:, :, None, None] * (self.alpha / self.rank)


def use_experts(backbone: Backbone, experts: Experts | None, mixture: torch.Tensor | None) -> None:
    """Merges one mixture (the same for the whole batch) into the backbone's forward pass, or removes it."""
    modules = dict(backbone.named_modules())
    if experts is None:
        for module in modules.values():
            if isinstance(module, Convolution):
                module.delta = None
        return
    for index, target in enumerate(experts.targets):
        modules[target].delta = lambda i=index: experts.delta(i, mixture)


def count_parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
