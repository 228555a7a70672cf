/*
 * In the place of NVIDIA's libraries: writes down how it is called. Freestanding, so that any C compiler makes it.
 *
 * The parameters are declared as the headers declare them (cublasLt.h of CUDA 12.6, cudnn_graph.h of cuDNN 9.6), with
 * their widths, so that a wrong width of an argument is seen.
 */
typedef int status_t;
typedef int enum_t;
typedef long long i64;
typedef unsigned long long size_type;

i64 recorded[8192];
i64 recorded_count = 0;
static i64 next_object = 1000;

static void add(i64 value) {
    if (recorded_count < 8192) {
        recorded[recorded_count++] = value;
    }
}

/* The value behind a pointer, of as many bytes as are said. */
static i64 value(const void *from, size_type bytes) {
    return bytes == 8 ? *(const i64 *)from : bytes == 4 ? *(const int *)from : *(const signed char *)from;
}

/* --- cuBLASLt ------------------------------------------------------------------------------------------------------ */

enum { CREATE = 1, DESCRIPTION, ATTRIBUTE, LAYOUT, LAYOUT_ATTRIBUTE, PREFERENCE, PREFERENCE_ATTRIBUTE, HEURISTIC, IDS, INIT, MATMUL, DESTROY };

typedef struct { i64 data[8]; } algorithm_t;
typedef struct { algorithm_t algo; size_type workspace; status_t state; float waves; int reserved[4]; } result_t;

status_t cublasLtCreate(void **handle) { add(CREATE); *handle = (void *)77; return 0; }
size_type cublasLtGetVersion(void) { return 130001; }
status_t cublasLtDestroy(void *handle) { add(DESTROY); add((i64)handle); return 0; }

static status_t made(void **object, int what) { *object = (void *)next_object++; add(what); add((i64)*object); return 0; }

status_t cublasLtMatmulDescCreate(void **made_, enum_t compute, enum_t scale) {
    made(made_, DESCRIPTION); add(compute); add(scale); return 0;
}
status_t cublasLtMatmulDescDestroy(void *object) { add(DESTROY); add((i64)object); return 0; }
status_t cublasLtMatmulDescSetAttribute(void *object, enum_t name, const void *from, size_type bytes) {
    add(ATTRIBUTE); add(name); add(bytes); add(value(from, bytes)); return 0;
}
status_t cublasLtMatrixLayoutCreate(void **object, enum_t type, i64 rows, i64 columns, i64 leading) {
    made(object, LAYOUT); add(type); add(rows); add(columns); add(leading); return 0;
}
status_t cublasLtMatrixLayoutSetAttribute(void *object, enum_t name, const void *from, size_type bytes) {
    add(LAYOUT_ATTRIBUTE); add(name); add(bytes); add(value(from, bytes)); return 0;
}
status_t cublasLtMatrixLayoutDestroy(void *object) { add(DESTROY); add((i64)object); return 0; }
status_t cublasLtMatmulPreferenceCreate(void **object) { return made(object, PREFERENCE); }
status_t cublasLtMatmulPreferenceSetAttribute(void *object, enum_t name, const void *from, size_type bytes) {
    add(PREFERENCE_ATTRIBUTE); add(name); add(bytes); add(value(from, bytes)); return 0;
}
status_t cublasLtMatmulPreferenceDestroy(void *object) { add(DESTROY); add((i64)object); return 0; }
status_t cublasLtMatmulAlgoGetHeuristic(void *handle, void *description, void *a, void *b, void *c, void *d,
        void *preference, int wanted, result_t *results, int *returned) {
    add(HEURISTIC); add((i64)description); add((i64)a); add((i64)b); add((i64)c); add((i64)d); add((i64)preference);
    add(wanted);
    for (int i = 0; i < wanted; i++) {
        results[i].algo.data[7] = 40 + i;
        results[i].workspace = 4096 * (size_type)i;
        results[i].state = i == 1 ? 15 : 0; /* CUBLAS_STATUS_NOT_SUPPORTED */
        results[i].waves = 0.5f;
    }
    *returned = wanted;
    return 0;
}
status_t cublasLtMatmulAlgoGetIds(void *handle, enum_t compute, enum_t scale, enum_t a, enum_t b, enum_t c, enum_t d,
        int wanted, int *ids, int *returned) {
    add(IDS); add(compute); add(scale); add(a); add(d); add(wanted);
    ids[0] = 5;
    ids[1] = 21;
    ids[2] = 66;
    *returned = 3;
    return 0;
}
status_t cublasLtMatmulAlgoInit(void *handle, enum_t compute, enum_t scale, enum_t a, enum_t b, enum_t c, enum_t d,
        int id, algorithm_t *algorithm) {
    add(INIT); add(id);
    algorithm->data[0] = id == 5 ? 0 : id; /* the fifth is what the heuristics put first */
    return id == 66 ? 15 : 0;
}
status_t cublasLtMatmul(void *handle, void *description, const float *alpha, const void *a, void *a_layout,
        const void *b, void *b_layout, const float *beta, const void *c, void *c_layout, void *d, void *d_layout,
        const algorithm_t *algorithm, void *workspace, size_type workspace_bytes, void *stream) {
    add(MATMUL); add((i64)(*alpha * 10)); add((i64)(*beta * 10)); add((i64)a); add((i64)b); add((i64)c); add((i64)d);
    add(algorithm->data[7]); add((i64)workspace); add(workspace_bytes); add((i64)stream);
    return (i64)stream == 13 ? 13 : 0; /* CUBLAS_STATUS_EXECUTION_FAILED */
}

/* --- cuDNN --------------------------------------------------------------------------------------------------------- */

enum { MAKE = 101, SET, FINALIZE, GET, EXECUTE, UNMAKE, STREAM };

status_t cudnnCreate(void **handle) { *handle = (void *)88; return 0; }
size_type cudnnGetVersion(void) { return 90600; }
status_t cudnnDestroy(void *handle) { return 0; }
status_t cudnnSetStream(void *handle, void *stream) { add(STREAM); add((i64)stream); return 0; }
status_t cudnnBackendCreateDescriptor(enum_t kind, void **object) {
    *object = (void *)next_object++;
    add(MAKE); add(kind); add((i64)*object);
    return 0;
}
status_t cudnnBackendDestroyDescriptor(void *object) { add(UNMAKE); add((i64)object); return 0; }
status_t cudnnBackendFinalize(void *object) { add(FINALIZE); add((i64)object); return 0; }
static size_type width(enum_t type) {
    return type == 2 ? 1 /* BOOLEAN */ : type == 0 || type == 3 || type == 5 /* DOUBLE */ || type == 6 || type == 15 ? 8 : 4;
}
status_t cudnnBackendSetAttribute(void *object, enum_t name, enum_t type, i64 count, const void *from) {
    add(SET); add((i64)object); add(name); add(type); add(count);
    for (i64 i = 0; i < count; i++) {
        add(value((const char *)from + i * width(type), width(type)));
    }
    return 0;
}
status_t cudnnBackendGetAttribute(void *object, enum_t name, enum_t type, i64 wanted, i64 *count, void *to) {
    *count = 1;
    if (name == 202) { /* ENGINEHEUR_RESULTS */
        *count = 2;
    } else if (name == 1303) { /* ENGINE_NUMERICAL_NOTE: every second engine is on tensor cores */
        static int asked = 0;
        *(int *)to = asked++ % 2 == 0 ? 5 /* WINOGRAD */ : 0 /* TENSOR_CORE */;
    } else if (name == 1301) { /* ENGINE_GLOBAL_INDEX */
        *(i64 *)to = 57;
    } else if (name == 402) { /* EXECUTION_PLAN_WORKSPACE_SIZE */
        *(i64 *)to = 123456;
    }
    return 0;
}
status_t cudnnBackendExecute(void *handle, void *plan, void *pack) {
    add(EXECUTE); add((i64)handle); add((i64)plan); add((i64)pack);
    return 0;
}
