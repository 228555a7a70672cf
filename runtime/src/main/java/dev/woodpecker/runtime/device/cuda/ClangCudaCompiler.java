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
import java.util.Objects;

/** CUDA text to PTX by the clang that Maven brought, and PTX to a cubin by JCuda's PTX compiler. */
public final class ClangCudaCompiler implements CudaCompiler {
    /** PTX ISA 8.0: the first with sm_90a, and the newest that the PTX compiler of CUDA 12.0 reads. */
    private static final String PTX_FEATURE = "+ptx80";

    private static final String PRELUDE = "clang_cuda_prelude.h";

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
        return cubins.find(key, architecture)
                .orElseGet(() -> cubins.cache().inStagingDirectory(work -> {
                    String ptx = toPtx(source, architecture, key, work);
                    assemble(source, architecture, key, ptx, work);
                    return cubins.publish(key, architecture, work);
                }));
    }

    /** The PTX text of {@code source}, as the cubin is made from. */
    public String ptx(CudaSource source, CudaArchitecture architecture) {
        ContentKey key = ContentKey.of(source.text(), architecture.name());
        return cubins.cache().inStagingDirectory(work -> toPtx(source, architecture, key, work));
    }

    private String toPtx(CudaSource source, CudaArchitecture architecture, ContentKey key, Path work)
            throws IOException {
        Files.writeString(work.resolve(PRELUDE), prelude);
        Files.writeString(work.resolve(CubinCache.SOURCE), source.text());
        ProgramRun run = ProgramRun.of(command(source.arithmetic(), architecture, work), work);
        if (!run.succeeded()) {
            Path kept = cubins.cache().keepFailed(source.name(), key, ".cu", source.text());
            throw new CompilationException(source.name(), kept, source.text(), run);
        }
        return Files.readString(work.resolve(CubinCache.PTX));
    }

    private void assemble(CudaSource source, CudaArchitecture architecture, ContentKey key, String ptx, Path work)
            throws IOException {
        PtxAssembler assembler = PtxAssembler.load(cubins.cache());
        switch (assembler.assemble(ptx, architecture, work.resolve(CubinCache.CUBIN))) {
            case PtxAssembler.Result.Assembled(String log) -> Files.writeString(work.resolve(CubinCache.LOG), log);
            case PtxAssembler.Result.Refused(int error, String log, List<String> options) -> {
                Path kept = cubins.cache().keepFailed(source.name(), key, ".ptx", ptx);
                throw new CompilationException(source.name(), kept, ptx, new ProgramRun(options, error, log));
            }
        }
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
                CubinCache.PTX,
                CubinCache.SOURCE);
    }

    private static String readPrelude() {
        try (InputStream in = Objects.requireNonNull(ClangCudaCompiler.class.getResourceAsStream(PRELUDE), PRELUDE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + PRELUDE, e);
        }
    }
}
