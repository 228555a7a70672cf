// The native methods of NativeCalls. JNI puts two arguments of its own first, which none of them needs.
#define METHOD(result, name) \
    result Java_dev_woodpecker_runtime_device_cpu_NativeCalls_##name( \
            __attribute__((unused)) void *environment, __attribute__((unused)) void *type

typedef long long Word;

void *mmap(void *address, unsigned long bytes, int protection, int flags, int file, long offset);
int munmap(void *address, unsigned long bytes);
int madvise(void *address, unsigned long bytes, int advice);

METHOD(int, kernel), Word kernel, Word buffers, Word params, Word scratch, Word begin, Word end) {
    return ((int (*)(Word, Word, Word, Word, Word)) kernel)(buffers, params, scratch, begin, end);
}

METHOD(Word, mmap), Word bytes, int protection, int flags) {
    return (Word) mmap(0, bytes, protection, flags, -1, 0);
}

METHOD(int, munmap), Word address, Word bytes) {
    return munmap((void *) address, bytes);
}

METHOD(int, madvise), Word address, Word bytes, int advice) {
    return madvise((void *) address, bytes, advice);
}
