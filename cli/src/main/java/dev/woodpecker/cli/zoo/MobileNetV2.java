package dev.woodpecker.cli.zoo;

import dev.woodpecker.cli.zoo.Network.Value;
import dev.woodpecker.cli.zoo.Network.Window;
import dev.woodpecker.compiler.ir.DType;

/** Inverted residuals with depthwise convolutions (Sandler et al., "MobileNetV2", 2018), width 1. */
final class MobileNetV2 {

    /** Table 2 of the paper: expansion, filters, repeats, stride of the first. */
    private static final int[][] STAGES = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
    };

    private static final int FIRST_WIDTH = 32;
    private static final int LAST_WIDTH = 1280;
    private static final int CLASSES = 1000;

    private MobileNetV2() {}

    static Network build(long seed, int batch) {
        Network net = new Network("mobilenetv2", seed);
        Value x = net.input("data", DType.F32, batch, 3, 224, 224);
        x = activated(net, "features.0", x, FIRST_WIDTH, new Window(3, 2, 1), 1);
        int index = 1;
        for (int[] stage : STAGES) {
            for (int repeat = 0; repeat < stage[2]; repeat++) {
                x = block(net, "features." + index++, x, stage[0], stage[1], repeat == 0 ? stage[3] : 1);
            }
        }
        x = activated(net, "features." + index, x, LAST_WIDTH, new Window(1, 1, 0), 1);
        x = net.flatten("flatten", net.globalAveragePool("avgpool", x));
        net.output(net.fullyConnected("classifier", x, CLASSES, 1));
        return net;
    }

    private static Value block(Network net, String at, Value x, int expansion, int filters, int stride) {
        int width = x.size(1) * expansion;
        Value y = expansion == 1 ? x : activated(net, at + ".expand", x, width, new Window(1, 1, 0), 1);
        y = activated(net, at + ".depthwise", y, width, new Window(3, stride, 1), width);
        y = net.convolution(at + ".project.conv", y, filters, new Window(1, 1, 0), 1);
        y = net.batchNormalization(at + ".project.bn", y);
        return stride == 1 && x.size(1) == filters ? net.elementwise("Add", at + ".add", x, y.name()) : y;
    }

    private static Value activated(Network net, String at, Value x, int filters, Window window, int group) {
        Value y = net.convolution(at + ".conv", x, filters, window, group);
        return net.relu6(at + ".relu6", net.batchNormalization(at + ".bn", y));
    }
}
