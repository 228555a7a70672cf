package dev.woodpecker.cli.zoo;

import dev.woodpecker.cli.zoo.Network.Value;
import dev.woodpecker.cli.zoo.Network.Window;
import dev.woodpecker.compiler.ir.DType;

/** Nineteen layers with weights (Simonyan and Zisserman, "Very deep convolutional networks", 2014), without batch norm. */
final class Vgg19 {

    /** Convolutions of each stage, and their filters. */
    private static final int[][] STAGES = {{2, 64}, {2, 128}, {4, 256}, {4, 512}, {4, 512}};

    private static final int HIDDEN = 4096;
    private static final int CLASSES = 1000;

    private Vgg19() {}

    static Network build(long seed, int batch) {
        Network net = new Network("vgg19", seed);
        Value x = net.input("data", DType.F32, batch, 3, 224, 224);
        for (int stage = 0; stage < STAGES.length; stage++) {
            for (int layer = 0; layer < STAGES[stage][0]; layer++) {
                String at = "features." + (stage + 1) + "." + (layer + 1);
                x = net.convolutionWithBias(at + ".conv", x, STAGES[stage][1], new Window(3, 1, 1));
                x = net.elementwise("Relu", at + ".relu", x);
            }
            x = net.maxPool("features." + (stage + 1) + ".pool", x, new Window(2, 2, 0));
        }
        x = net.flatten("flatten", x);
        for (int layer = 1; layer <= 2; layer++) {
            x = net.fullyConnected("classifier." + layer, x, HIDDEN, 2);
            x = net.elementwise("Relu", "classifier." + layer + ".relu", x);
        }
        net.output(net.fullyConnected("classifier.3", x, CLASSES, 1));
        return net;
    }
}
