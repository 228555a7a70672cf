package dev.woodpecker.examples;

import dev.woodpecker.dsl.Tensor;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/** As programs are that are not checked for nulls: what a map has is known. */
@NullUnmarked
final class Examples {
    private Examples() {}

    static float[][] runKernel(NdArray x, NdArray w) {
        // begin run
        Tensor reference = SqueezeExcite.squeezeExcite(x.floats(), w.floats()); // plain Java: set a breakpoint in it
        try (Model kernel = Model.ofOperator("com.acme::SqueezeExcite", Map.of(), Options.defaults());
                Session session = kernel.newSession()) {
            NdArray y = session.run(Map.of("x", x, "w", w)).get("out"); // compiled for this machine
            // end
            return new float[][] {elements(reference), y.toFloatArray()};
        }
    }

    static float[] runModel(Path file, NdArray image) {
        // begin model
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            float[] scores = session.run(Map.of("data", image)).get("fc").toFloatArray();
            // end
            return scores;
        }
    }

    private static float[] elements(Tensor tensor) {
        float[] elements = new float[tensor.size(0) * tensor.size(1) * tensor.size(2) * tensor.size(3)];
        int next = 0;
        for (int n = 0; n < tensor.size(0); n++) {
            for (int c = 0; c < tensor.size(1); c++) {
                for (int i = 0; i < tensor.size(2); i++) {
                    for (int j = 0; j < tensor.size(3); j++) {
                        elements[next++] = tensor.at(n, c, i, j);
                    }
                }
            }
        }
        return elements;
    }
}
