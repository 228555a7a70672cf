package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.ProgramRun;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CUDA text to a cubin by the nvcc of an installed CUDA toolkit. */
public final class NvccCompiler implements CudaCompiler {
    private final Path executable;
    private final String versionText;
    private final CubinCache cubins;

    private NvccCompiler(Path executable, String versionText, CacheDirectory cache) {
        this.executable = executable;
        this.versionText = versionText;
        this.cubins = new CubinCache(cache);
    }

    static NvccCompiler at(Path executable, CacheDirectory cache) {
        ProgramRun run =
                cache.inStagingDirectory(work -> ProgramRun.of(List.of(executable.toString(), "--version"), work));
        if (!run.succeeded() || !run.output().contains("Cuda compilation tools")) {
            throw new ToolchainException(executable + " is no nvcc: --version printed \""
                    + run.output().strip() + "\"; set WPK_NVCC to one, or unset it");
        }
        return new NvccCompiler(executable, run.output().strip(), cache);
    }

    @Override
    public String summary() {
        return versionText
                .lines()
                .filter(line -> line.contains("release"))
                .findFirst()
                .orElse(versionText);
    }

    @Override
    public String toString() {
        return summary();
    }

    @Override
    public Cubin compile(CudaSource source, CudaArchitecture architecture) {
        ContentKey key = CubinCache.key(source, architecture, List.of(versionText));
        return cubins.find(key, architecture)
                .orElseGet(() -> cubins.cache().inStagingDirectory(work -> {
                    Files.writeString(work.resolve(CubinCache.SOURCE), source.text());
                    ProgramRun run = ProgramRun.of(command(source.arithmetic(), architecture), work);
                    if (!run.succeeded()) {
                        Path kept = cubins.cache().keepFailed(source.name(), key, ".cu", source.text());
                        throw new CompilationException(source.name(), kept, source.text(), run);
                    }
                    Files.writeString(work.resolve(CubinCache.LOG), run.output());
                    return cubins.publish(key, architecture, work);
                }));
    }

    private List<String> command(Arithmetic arithmetic, CudaArchitecture architecture) {
        return List.of(
                executable.toString(),
                "-cubin",
                "-arch=" + architecture.name(),
                "-fmad=" + (arithmetic == Arithmetic.CONTRACTED),
                "-Xptxas",
                "-v",
                "-o",
                CubinCache.CUBIN,
                CubinCache.SOURCE);
    }
}
