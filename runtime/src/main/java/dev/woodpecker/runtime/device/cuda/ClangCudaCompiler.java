package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import dev.woodpecker.runtime.toolchain.ProgramRun;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** CUDA text to PTX by the clang that Maven brought, and PTX to a cubin by JCuda's PTX compiler. */
public final class ClangCudaCompiler implements CudaCompiler {
    /** PTX ISA 8.0: the first with sm_90a, and the newest that the PTX compiler of CUDA 12.0 reads. */
    private static final String PTX_FEATURE = "+ptx80";

    private static final String PRELUDE = "clang_cuda_prelude.h";
    private static final String PTX = "kernel.ptx";

    private final CCompiler clang;
    private final CubinCache cubins;
    private final String prelude;

    ClangCudaCompiler(CCompiler clang, CacheDirectory cache) {
        this.clang = clang;
        this.cubins = new CubinCache(cache);
        this.prelude = readPrelude();
    }

    @Override
    public String summary() {
        return clang.summary() + ", JCuda's PTX compiler";
    }

    @Override
    public String toString() {
        return summary();
    }

    @Override
    public Cubin compile(CudaSource source, CudaArchitecture architecture) {
        ContentKey key = CubinCache.key(
                source, architecture, List.of(clang.versionText(), PTX_FEATURE, prelude, JCudaLibrary.COORDINATES));
        return cubins.find(key, architecture).orElseGet(() -> {
            String ptx = toPtx(source, architecture, key);
            return cubins.publish(key, source, architecture, assemble(source, architecture, key, ptx));
        });
    }

    /** The PTX text of {@code source}, as the cubin is made from. */
    public String ptx(CudaSource source, CudaArchitecture architecture) {
        return toPtx(source, architecture, ContentKey.of(source.text(), architecture.name()));
    }

    private String toPtx(CudaSource source, CudaArchitecture architecture, ContentKey key) {
        return cubins.cache().inStagingDirectory(work -> {
            Files.writeString(work.resolve(PRELUDE), prelude);
            Files.writeString(work.resolve("source.cu"), source.text());
            ProgramRun run = ProgramRun.of(command(source.arithmetic(), architecture, work), work);
            if (!run.succeeded()) {
                Path kept = cubins.cache().keepFailed(source.name(), key, ".cu", source.text());
                throw new CompilationException(source.name(), kept, source.text(), run);
            }
            return Files.readString(work.resolve(PTX));
        });
    }

    private List<String> command(Arithmetic arithmetic, CudaArchitecture architecture, Path work) {
        return List.of(
                clang.executable().toString(),
                "-x",
                "cuda",
                "--cuda-device-only",
                "-nocudainc",
                "-nocudalib",
                "-nostdinc",
                // A toolkit that happens to be installed must not change the result: it is looked for only here.
                "--cuda-path=" + work,
                "--cuda-gpu-arch=" + architecture.name(),
                "--cuda-feature=" + PTX_FEATURE,
                "-O3",
                arithmetic == Arithmetic.STRICT ? "-ffp-contract=off" : "-ffp-contract=fast",
                "-include",
                PRELUDE,
                "-S",
                "-o",
                PTX,
                "source.cu");
    }

    private CubinCache.Output assemble(CudaSource source, CudaArchitecture architecture, ContentKey key, String ptx) {
        PtxAssembler.Result result = PtxAssembler.load(cubins.cache()).assemble(ptx, architecture);
        return switch (result) {
            case PtxAssembler.Result.Assembled(byte[] cubin, String log) ->
                new CubinCache.Output(cubin, log, Map.of(PTX, ptx));
            case PtxAssembler.Result.Refused(int error, String log, List<String> options) -> {
                Path kept = cubins.cache().keepFailed(source.name(), key, ".ptx", ptx);
                throw new CompilationException(source.name(), kept, ptx, new ProgramRun(options, error, log));
            }
        };
    }

    private static String readPrelude() {
        try (InputStream in = Objects.requireNonNull(ClangCudaCompiler.class.getResourceAsStream(PRELUDE), PRELUDE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + PRELUDE, e);
        }
    }
}
