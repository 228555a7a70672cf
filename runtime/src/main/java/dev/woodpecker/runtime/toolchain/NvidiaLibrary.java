package dev.woodpecker.runtime.toolchain;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import java.util.Optional;

/**
 * A library of NVIDIA's that is used where it is found.
 *
 * <p>A file of CUDA 13 is preferred to one of CUDA 12: a driver that is too old for it says so when the first handle is made.
 */
public enum NvidiaLibrary {
    CUDA_RUNTIME(
            "CUDA runtime",
            List.of("libcudart.so.13", "libcudart.so.12"),
            "install CUDA 12 or 13, or the Python package nvidia-cuda-runtime or nvidia-cuda-runtime-cu12"),
    NVRTC(
            "NVRTC",
            List.of("libnvrtc.so.13", "libnvrtc.so.12"),
            "install CUDA 12 or 13, or the Python package nvidia-cuda-nvrtc or nvidia-cuda-nvrtc-cu12; not needed"
                    + " otherwise"),
    CUBLAS_LT(
            "cuBLASLt",
            List.of("libcublasLt.so.13", "libcublasLt.so.12"),
            "install CUDA 12 or 13, or the Python package nvidia-cublas or nvidia-cublas-cu12"),
    CUBLAS(
            "cuBLAS",
            List.of("libcublas.so.13", "libcublas.so.12"),
            "install CUDA 12 or 13, or the Python package nvidia-cublas or nvidia-cublas-cu12"),
    CUDNN(
            "cuDNN",
            List.of("libcudnn.so.9"),
            "install cuDNN 9, or the Python package nvidia-cudnn-cu13 or nvidia-cudnn-cu12");

    private final String subject;
    private final List<String> names;
    private final String remedy;

    NvidiaLibrary(String subject, List<String> names, String remedy) {
        this.subject = subject;
        this.names = names;
        this.remedy = remedy;
    }

    /** The name for people. */
    public String subject() {
        return subject;
    }

    /** What the dynamic loader calls its versions, the preferred first. */
    public List<String> names() {
        return names;
    }

    /** What to do where it is missing. */
    public String remedy() {
        return remedy;
    }

    /**
     * Loads it for as long as the process lasts; nothing where it is absent. What it looks for by name when it is used is
     * loaded before it: cuDNN asks for cuBLASLt and NVRTC, which in a Python installation lie in folders of their own that
     * the dynamic loader does not know.
     */
    public Optional<SymbolLookup> load(SharedObjectSearch search) {
        for (NvidiaLibrary needed : needs()) {
            search.find(needed.names).ifPresent(file -> SymbolLookup.libraryLookup(file, Arena.global()));
        }
        return search.find(names).map(file -> SymbolLookup.libraryLookup(file, Arena.global()));
    }

    private List<NvidiaLibrary> needs() {
        return switch (this) {
            case CUDA_RUNTIME, NVRTC, CUBLAS_LT -> List.of();
            case CUBLAS -> List.of(CUBLAS_LT);
            case CUDNN -> List.of(CUDA_RUNTIME, NVRTC, CUBLAS_LT, CUBLAS);
        };
    }
}
