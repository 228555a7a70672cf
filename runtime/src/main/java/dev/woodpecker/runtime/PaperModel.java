package dev.woodpecker.runtime;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.toolchain.Source;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Models for a GPU that is not at hand. */
public final class PaperModel {
    private PaperModel() {}

    /**
     * A model whose kernels can be looked at, as {@link Model#sources} and {@link Model#tunable} tell them; it cannot run.
     *
     * @param options their target does not count
     * @param target a GPU
     */
    public static Model load(Path file, Options options, Target target) {
        return Model.load(file, options, Optional.of(CudaDevice.onPaper(target, options.environment())));
    }

    /** The C by which a machine with the GPU computes once what depends on such a model's weights alone. */
    public static List<Source> constantSources(Model paper, Map<String, NdArray> inputs) {
        return paper.constantSources(inputs);
    }
}
