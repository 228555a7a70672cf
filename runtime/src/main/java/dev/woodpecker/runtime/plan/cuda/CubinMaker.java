package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.plan.kernel.CodeMaker;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Source;
import java.util.List;
import java.util.function.UnaryOperator;

/** Makes cubins, a file a source, as many side by side as there are cores. */
record CubinMaker(CudaCompiler compiler, CudaArchitecture architecture, CacheDirectory cache) implements CodeMaker {
    @Override
    public List<Code> make(List<Source> sources) {
        return sources.parallelStream().map(this::make).toList();
    }

    private Code make(Source source) {
        CudaSource text =
                new CudaSource(source.name(), source.text(), source.options().arithmetic());
        return new Code(compiler.compile(text, architecture).file(), UnaryOperator.identity());
    }
}
