package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.cli.zoo.Bert;
import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Options;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * A model of the zoo in a mode of numerics; it is made where it is packed and again where it runs.
 *
 * @param network as peers.py calls it
 */
record KitModel(String network, Numerics mode, BiConsumer<Zoo, Path> writer) {
    /** In the order in which they are wanted. */
    private static final List<Numerics> MODES = List.of(Numerics.FP16, Numerics.TF32, Numerics.FP32);

    static final String RESNET = "resnet50 batch 1";
    static final String BERT = "bert-base 128 tokens";

    /** Those whose numerics plans have. */
    static List<KitModel> all() {
        List<KitModel> models = new ArrayList<>();
        for (Numerics mode : MODES) {
            if (isServed(mode)) {
                models.add(new KitModel(RESNET, mode, (zoo, file) -> zoo.write("resnet50", file)));
                models.add(new KitModel(BERT, mode, (zoo, file) -> zoo.write(Bert.BASE, file)));
            }
        }
        return models;
    }

    private static boolean isServed(Numerics mode) {
        try {
            Options _ = Options.defaults().withNumerics(mode);
            return true;
        } catch (IllegalArgumentException notServed) {
            return false;
        }
    }

    /** As peers.py names the same. */
    String name() {
        return network + " " + mode.text();
    }

    /** The same model in another mode has the same file. */
    void write(Zoo zoo, Path file) {
        writer.accept(zoo, file);
    }

    Options options() {
        return Options.defaults().withNumerics(mode);
    }
}
