package dev.woodpecker.runtime.toolchain;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What this machine has of what Woodpecker can use, and the remedy for what is missing. */
public record ToolchainReport(List<Finding> findings) {
    private static final List<NvidiaLibrary> VENDOR_LIBRARIES =
            List.of(NvidiaLibrary.CUBLAS_LT, NvidiaLibrary.CUDNN, NvidiaLibrary.NVRTC);

    private static final String ONEDNN = "org/bytedeco/dnnl/linux-x86_64/libdnnl.so.3";
    /** From this update on the virtual machine's vectorised int reductions are right. */
    private static final Runtime.Version OLDEST_JDK = Runtime.Version.parse("25.0.3");

    private static final String COMPILER_IN_USE = "C compiler in use";

    public ToolchainReport {
        findings = List.copyOf(findings);
    }

    /** Looks at everything; takes up to a few seconds when the bundled compiler has to be extracted first. */
    public static ToolchainReport of(Environment environment) {
        List<Finding> findings = new ArrayList<>();
        findings.add(jdk());
        findings.add(Finding.found("processor", CpuFeatures.ofHost().summary()));
        CacheDirectory cache = CacheDirectory.open(environment);
        findings.add(cache(cache));
        findings.add(compilerOnPath("gcc", environment));
        findings.add(compilerOnPath("clang", environment));
        findings.add(bundled(cache));
        findings.add(selected(environment, cache));
        findings.add(driver());
        findings.add(nvcc(environment));
        findings.add(ptxCompiler());
        SharedObjectSearch search = SharedObjectSearch.of(environment);
        for (NvidiaLibrary library : VENDOR_LIBRARIES) {
            findings.add(search.find(library.names())
                    .map(name -> Finding.found(library.subject(), name))
                    .orElseGet(() -> Finding.absent(
                            library.subject(), "none of " + String.join(", ", library.names()), library.remedy())));
        }
        findings.add(oneDnn());
        return new ToolchainReport(findings);
    }

    /** Whether kernels can be compiled for this processor, which is all that running a model on it needs. */
    public boolean canRunModels() {
        return findings.stream()
                .noneMatch(finding -> finding.status() == Finding.Status.PROBLEM
                        && finding.subject().startsWith(COMPILER_IN_USE));
    }

    private static Finding jdk() {
        String detail = Runtime.version() + " of " + System.getProperty("java.vendor") + " in "
                + System.getProperty("java.home");
        return Runtime.version().compareToIgnoreOptional(OLDEST_JDK) >= 0
                ? Finding.found("JDK", detail)
                : Finding.problem("JDK", detail, "use JDK 25.0.3 or later");
    }

    private static Finding cache(CacheDirectory cache) {
        return cache.isPersistent()
                ? Finding.found("cache", cache.directory().toString())
                : Finding.problem(
                        "cache",
                        "only " + cache.directory() + ", for as long as this process runs",
                        "set WPK_CACHE to a directory of your own");
    }

    private static Finding compilerOnPath(String name, Environment environment) {
        try {
            return CompilerDiscovery.onPath(name, environment)
                    .map(compiler -> Finding.found(name, compiler.executable() + ": " + compiler.summary()))
                    .orElseGet(() -> Finding.absent(name, "not on the PATH", "install it, if you want it used"));
        } catch (ToolchainException e) {
            return Finding.problem(name, message(e), "update it, or set WPK_CC=bundled");
        }
    }

    private static Finding bundled(CacheDirectory cache) {
        try {
            return BundledLlvm.find(cache)
                    .map(compiler -> Finding.found("bundled clang", compiler.executable() + ": " + compiler.summary()))
                    .orElseGet(() -> Finding.absent(
                            "bundled clang",
                            "org.bytedeco:llvm is not on the class path",
                            "add " + BundledLlvm.COORDINATES + "; needed for CUDA, and for C where there is no gcc"));
        } catch (ToolchainException e) {
            return Finding.problem("bundled clang", message(e), "install libstdc++6 and zlib1g");
        }
    }

    /** Compiles one line with the compiler that would be used: whether it links is known only then. */
    private static Finding selected(Environment environment, CacheDirectory cache) {
        String subject =
                COMPILER_IN_USE + " (WPK_CC=" + environment.get("WPK_CC").orElse("auto") + ")";
        try {
            CCompiler compiler = CompilerDiscovery.discover(environment, cache);
            new KernelCompiler(compiler, CpuFeatures.ofHost(), cache)
                    .compile(new Source(
                            "doctor", "int doctor(int x) { return x + 1; }\n", List.of("doctor"), CodeOptions.fast()));
            return Finding.found(subject, compiler.executable() + ": " + compiler.summary());
        } catch (ToolchainException | CompilationException e) {
            return Finding.problem(subject, message(e), CompilerDiscovery.REMEDIES);
        }
    }

    /** Says the same as what is asked to run on a GPU and cannot. */
    private static Finding driver() {
        return switch (CudaReadiness.ofProcess()) {
            case CudaReadiness.Lacking(String what, String remedy) ->
                Finding.absent("CUDA device", what, remedy + "; needed for --target cuda alone");
            case CudaReadiness.Ready(String version, List<CudaDriverProbe.Device> devices) ->
                Finding.found("CUDA device", "driver for CUDA " + version + "; " + numbered(devices));
        };
    }

    private static String numbered(List<CudaDriverProbe.Device> devices) {
        return IntStream.range(0, devices.size())
                .mapToObj(i -> "cuda:" + i + " is " + devices.get(i))
                .collect(Collectors.joining(", "));
    }

    private static Finding nvcc(Environment environment) {
        Optional<Path> named = environment.get("WPK_NVCC").map(Path::of);
        if (named.isPresent() && !Files.isExecutable(named.get())) {
            return Finding.problem(
                    "nvcc", "WPK_NVCC=" + named.get() + " is not an executable file", "name one, or unset it");
        }
        Optional<Path> nvcc = named.or(() -> CompilerDiscovery.executable("nvcc", environment));
        return nvcc.map(path -> Finding.found("nvcc", path.toString()))
                .orElseGet(() -> Finding.absent("nvcc", "not on the PATH", "not needed; WPK_NVCC names one elsewhere"));
    }

    private static Finding ptxCompiler() {
        return JCudaLibrary.PTX_COMPILER.isPresent()
                ? Finding.found("PTX compiler", "JCuda " + JCudaLibrary.VERSION)
                : Finding.absent(
                        "PTX compiler",
                        "org.jcuda:jcuda and jcuda-natives are not on the class path",
                        "add " + JCudaLibrary.COORDINATES + "; needed for CUDA");
    }

    private static Finding oneDnn() {
        return ClassPathArtifact.locate(ONEDNN).isPresent()
                ? Finding.found("oneDNN", ONEDNN)
                : Finding.absent(
                        "oneDNN", "org.bytedeco:dnnl is not on the class path", "add it to compare with its kernels");
    }

    private static String message(RuntimeException failure) {
        return String.valueOf(failure.getMessage());
    }
}
