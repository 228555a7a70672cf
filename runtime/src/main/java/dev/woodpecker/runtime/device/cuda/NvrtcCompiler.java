package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.ProgramRun;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CUDA text to a cubin by NVIDIA's compiler as a library, which needs no toolkit. */
public final class NvrtcCompiler implements CudaCompiler {
    private final Nvrtc nvrtc;
    private final CubinCache cubins;
    private final String version;

    private NvrtcCompiler(Nvrtc nvrtc, CacheDirectory cache) {
        this.nvrtc = nvrtc;
        this.cubins = new CubinCache(cache);
        this.version = nvrtc.version();
    }

    static NvrtcCompiler of(SymbolLookup library, CacheDirectory cache) {
        return new NvrtcCompiler(new Nvrtc(library), cache);
    }

    @Override
    public String summary() {
        return "NVRTC " + version;
    }

    @Override
    public String toString() {
        return summary();
    }

    @Override
    public Cubin compile(CudaSource source, CudaArchitecture architecture) {
        ContentKey key = CubinCache.key(source, architecture, List.of(summary()));
        return cubins.find(key, architecture)
                .orElseGet(() -> cubins.cache().inStagingDirectory(work -> {
                    compile(source, architecture, key, work);
                    return cubins.publish(key, architecture, work);
                }));
    }

    private void compile(CudaSource source, CudaArchitecture architecture, ContentKey key, Path work)
            throws IOException {
        List<String> options = options(source.arithmetic(), architecture);
        Files.writeString(work.resolve(CubinCache.SOURCE), source.text());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = nvrtc.createProgram(arena, source.text(), CubinCache.SOURCE);
            try {
                int status = nvrtc.compile(arena, program, options);
                String log = nvrtc.log(arena, program);
                if (status != Nvrtc.SUCCESS) {
                    Path kept = cubins.cache().keepFailed(source.name(), key, ".cu", source.text());
                    throw new CompilationException(
                            source.name(), kept, source.text(), new ProgramRun(options, status, log));
                }
                Files.write(work.resolve(CubinCache.CUBIN), nvrtc.cubin(arena, program));
                Files.writeString(work.resolve(CubinCache.LOG), log);
            } finally {
                nvrtc.destroy(arena, program);
            }
        }
    }

    /** The assembler's verbose log, which tells resources, is part of the compiler's. */
    private static List<String> options(Arithmetic arithmetic, CudaArchitecture architecture) {
        return List.of(
                "--gpu-architecture=" + architecture.name(),
                "--fmad=" + (arithmetic == Arithmetic.CONTRACTED),
                "--std=c++17",
                "--ptxas-options=--verbose");
    }
}
