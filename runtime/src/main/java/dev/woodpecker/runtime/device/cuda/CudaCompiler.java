package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import dev.woodpecker.runtime.toolchain.NvidiaLibrary;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A way from CUDA text to a cubin; results are kept in the cache. */
public sealed interface CudaCompiler permits CarriedCubins, ClangCudaCompiler, NvccCompiler, NvrtcCompiler {
    /**
     * Compiles {@code source}.
     *
     * @throws CompilationException when a compiler on the way refuses; nothing is kept in the cache then
     */
    Cubin compile(CudaSource source, CudaArchitecture architecture);

    /** One line for people. */
    String summary();

    /**
     * The cubins that {@code WPK_CUBINS} names if it is set, and for what they have not: the nvcc that {@code WPK_NVCC} names if
     * it is set; else NVRTC where it is installed; else the compilers that Maven
     * brought, or an nvcc on the path, which takes ten times as long for a kernel.
     *
     * @throws ToolchainException when there is none
     */
    static CudaCompiler discover(Environment environment, CacheDirectory cache) {
        Optional<CudaCompiler> compiler = compiler(environment, cache);
        return CarriedCubins.of(environment, cache, compiler)
                .or(() -> compiler)
                .orElseThrow(() -> new ToolchainException("No CUDA compiler. Put " + BundledLlvm.COORDINATES + ", "
                        + JCudaLibrary.COORDINATES + " on the class path, or install the CUDA toolkit and put nvcc on "
                        + "the PATH or name it by WPK_NVCC; or install NVRTC."));
    }

    private static Optional<CudaCompiler> compiler(Environment environment, CacheDirectory cache) {
        if (environment.get("WPK_NVCC").isPresent()) {
            return Optional.of(nvcc(environment, cache)
                    .orElseThrow(() -> new ToolchainException(
                            "WPK_NVCC=" + environment.get("WPK_NVCC").orElse("") + " is not an executable file")));
        }
        return nvrtc(SharedObjectSearch.of(environment), cache)
                .or(() -> bundled(cache))
                .or(() -> nvcc(environment, cache));
    }

    /** NVRTC, of the installations that {@code search} knows. */
    static Optional<CudaCompiler> nvrtc(SharedObjectSearch search, CacheDirectory cache) {
        return NvidiaLibrary.NVRTC.load(search).map(library -> NvrtcCompiler.of(library, cache));
    }

    /** The bundled clang and JCuda's PTX compiler, when both artifacts are there. */
    static Optional<CudaCompiler> bundled(CacheDirectory cache) {
        if (!JCudaLibrary.PTX_COMPILER.isPresent()) {
            return Optional.empty();
        }
        return BundledLlvm.find(cache).map(clang -> new ClangCudaCompiler(clang, cache));
    }

    /** {@code WPK_NVCC}, or the first nvcc on the path. */
    static Optional<CudaCompiler> nvcc(Environment environment, CacheDirectory cache) {
        return environment
                .get("WPK_NVCC")
                .map(Path::of)
                .filter(file -> Files.isExecutable(file) && !Files.isDirectory(file))
                .or(() -> environment.get("WPK_NVCC").isPresent()
                        ? Optional.empty()
                        : CompilerDiscovery.executable("nvcc", environment))
                .map(file -> NvccCompiler.at(file, cache));
    }
}
