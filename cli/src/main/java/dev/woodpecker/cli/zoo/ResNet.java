package dev.woodpecker.cli.zoo;

import dev.woodpecker.cli.zoo.Network.Value;
import dev.woodpecker.cli.zoo.Network.Window;
import dev.woodpecker.compiler.ir.DType;
import java.util.List;

/**
 * Residual networks (He et al., "Deep residual learning for image recognition", 2015), as torchvision has them: the stride of
 * a bottleneck is that of its 3x3 convolution.
 *
 * @param blocks residual blocks in each of the four stages
 * @param bottleneck whether a block is 1x1, 3x3, 1x1, and not two 3x3
 */
record ResNet(String name, List<Integer> blocks, boolean bottleneck) {

    private static final int FIRST_WIDTH = 64;
    private static final int CLASSES = 1000;

    ResNet {
        blocks = List.copyOf(blocks);
    }

    Network build(long seed, int batch) {
        Network net = new Network(name, seed);
        Value x = net.input("data", DType.F32, batch, 3, 224, 224);
        x = net.convolution("conv1", x, FIRST_WIDTH, new Window(7, 2, 3), 1);
        x = net.elementwise("Relu", "relu", net.batchNormalization("bn1", x));
        x = net.maxPool("maxpool", x, new Window(3, 2, 1));
        for (int stage = 0; stage < blocks.size(); stage++) {
            int width = FIRST_WIDTH << stage;
            for (int block = 0; block < blocks.get(stage); block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                x = residual(net, "layer" + (stage + 1) + "." + block, x, width, stride);
            }
        }
        x = net.flatten("flatten", net.globalAveragePool("avgpool", x));
        net.output(net.fullyConnected("fc", x, CLASSES, 1));
        return net;
    }

    private Value residual(Network net, String at, Value x, int width, int stride) {
        Window one = new Window(1, 1, 0);
        Value y;
        int filters;
        if (bottleneck) {
            filters = 4 * width;
            y = normalized(net, at, 1, x, width, one);
            y = net.elementwise("Relu", at + ".relu1", y);
            y = normalized(net, at, 2, y, width, new Window(3, stride, 1));
            y = net.elementwise("Relu", at + ".relu2", y);
            y = normalized(net, at, 3, y, filters, one);
        } else {
            filters = width;
            y = normalized(net, at, 1, x, width, new Window(3, stride, 1));
            y = net.elementwise("Relu", at + ".relu1", y);
            y = normalized(net, at, 2, y, width, new Window(3, 1, 1));
        }
        Value shortcut = x;
        if (stride != 1 || x.size(1) != filters) {
            shortcut = net.convolution(at + ".downsample.0", x, filters, new Window(1, stride, 0), 1);
            shortcut = net.batchNormalization(at + ".downsample.1", shortcut);
        }
        return net.elementwise("Relu", at + ".relu", net.elementwise("Add", at + ".add", y, shortcut.name()));
    }

    private static Value normalized(Network net, String at, int index, Value x, int filters, Window window) {
        return net.batchNormalization(at + ".bn" + index, net.convolution(at + ".conv" + index, x, filters, window, 1));
    }
}
