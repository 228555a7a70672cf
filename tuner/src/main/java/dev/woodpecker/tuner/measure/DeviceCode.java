package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.plan.kernel.CodeMaker;
import dev.woodpecker.runtime.toolchain.Source;
import java.nio.file.Path;
import java.util.List;

/** Makes of CUDA text what a device loads. Called by several threads at once. */
@FunctionalInterface
public interface DeviceCode {
    /**
     * Code in a file.
     *
     * @param resources of each kernel; none where nobody tells
     */
    record Made(Path file, List<KernelResources> resources) {
        public Made {
            resources = List.copyOf(resources);
        }
    }

    /**
     * Compiles a source.
     *
     * @throws dev.woodpecker.runtime.toolchain.CompilationException if the compiler refuses it
     */
    Made make(Source source);

    /** Makes cubins. */
    static DeviceCode ofCubins(CudaCompiler compiler, CudaArchitecture architecture) {
        return source -> {
            Cubin cubin = compiler.compile(
                    new CudaSource(
                            source.name(), source.text(), source.options().arithmetic()),
                    architecture);
            return new Made(cubin.file(), cubin.resources());
        };
    }

    /** Makes what {@code maker} does, for a device that says nothing of resources: the emulated one. */
    static DeviceCode of(CodeMaker maker) {
        return source -> new Made(maker.make(List.of(source)).getFirst().file(), List.of());
    }
}
